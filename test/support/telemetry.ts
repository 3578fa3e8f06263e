import type { TelemetrySettings } from '@iam/platform/telemetry'

/** Everything goes to that collector, every trace by default. */
export function telemetryTo(endpoint: string, changed: Partial<TelemetrySettings> = {}): TelemetrySettings {
  return {
    tracesUrl: `${endpoint}/v1/traces`,
    metricsUrl: `${endpoint}/v1/metrics`,
    sampler: { name: 'always_on', ratio: 1 },
    headers: {},
    timeout: 1_000,
    metricsInterval: 60_000,
    resource: {},
    serviceName: undefined,
    ...changed,
  }
}

export const recorder = { service: 'iam-api', region: 'local', env: 'test' }
