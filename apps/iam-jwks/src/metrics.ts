import type { RequestCounts } from './request-counts.ts'
import type { KeySetStatus } from './served-key-set.ts'

/** What this process tells of itself, in the text format of Prometheus. @param keySet none: nothing is served yet. */
export function metricsText(
  requests: Pick<RequestCounts, 'lines'>,
  keySet: KeySetStatus | undefined,
  now: Date,
): string {
  return [...requests.lines(), ...keySetLines(keySet, now), ...memoryLines(), ''].join('\n')
}

function keySetLines(keySet: KeySetStatus | undefined, now: Date): string[] {
  const held = gauge('iam_jwks_key_set_held', keySet === undefined ? 0 : 1)
  if (keySet === undefined) return held
  const expiresIn = (Date.parse(keySet.expiresAt) - now.getTime()) / 1_000
  return [
    ...held,
    ...gauge('iam_jwks_key_set_age_seconds', keySet.ageSeconds),
    ...gauge('iam_jwks_key_set_expires_in_seconds', Math.round(expiresIn)),
    ...gauge('iam_jwks_key_set_keys', keySet.keys),
  ]
}

function memoryLines(): string[] {
  return [
    ...gauge('process_resident_memory_bytes', process.memoryUsage.rss()),
    ...gauge('process_start_time_seconds', Math.round(Date.now() / 1_000 - process.uptime())),
  ]
}

function gauge(name: string, value: number): string[] {
  return [`# TYPE ${name} gauge`, `${name} ${value}`]
}
