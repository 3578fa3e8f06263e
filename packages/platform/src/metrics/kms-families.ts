import type { KmsNumbers } from '../kms/index.ts'
import type { MetricFamily, Reading } from './metric-family.ts'

/** What is asked of KMS, how it answers, and what of it costs. */
export function kmsFamilies(kms: { numbers(): KmsNumbers }): MetricFamily[] {
  return [
    {
      name: 'iam_kms_calls_total',
      help: 'Calls of KMS, by how they ended.',
      labelNames: ['method', 'outcome'],
      read: () => readings(kms.numbers().calls, ['method', 'outcome']),
    },
    {
      name: 'iam_kms_retries_total',
      help: 'Attempts after the first.',
      labelNames: ['method'],
      read: () => readings(kms.numbers().retries, ['method']),
    },
    {
      name: 'iam_kms_call_seconds_total',
      help: 'Time that calls of KMS took, all together.',
      labelNames: ['method'],
      read: () =>
        Object.entries(kms.numbers().latency).map(([method, { sum }]) => ({
          labels: { method },
          value: sum / 1000,
        })),
    },
    {
      name: 'iam_kms_breaker_open',
      help: '1 while calls are refused without asking KMS.',
      labelNames: ['method'],
      read: () =>
        Object.entries(kms.numbers().breakers).map(([method, state]) => ({
          labels: { method },
          value: state === 'closed' ? 0 : 1,
        })),
    },
    {
      name: 'iam_kms_operations_total',
      help: 'Operations that Cloud KMS charges for.',
      labelNames: ['protection_level', 'method'],
      read: () => readings(kms.numbers().operations, ['protection_level', 'method']),
    },
  ]
}

/** @param names of the labels whose values stand in a key, in this order. */
function readings(counts: Readonly<Record<string, number>>, names: readonly string[]): Reading[] {
  return Object.entries(counts).map(([key, value]) => {
    const words = key.split(' ')
    return { labels: Object.fromEntries(names.map((name, n) => [name, words[n] ?? ''])), value }
  })
}
