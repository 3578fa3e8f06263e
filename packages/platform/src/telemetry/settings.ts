/** Which traces are recorded: OpenTelemetry's names for samplers. */
export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/** Where telemetry goes: OpenTelemetry's own variables, read. */
export interface TelemetrySettings {
  /** Undefined: spans are not recorded. */
  readonly tracesUrl: string | undefined
  /** Undefined: metrics are not sent. They can be asked for all the same. */
  readonly metricsUrl: string | undefined
  readonly sampler: { readonly name: (typeof samplers)[number]; readonly ratio: number }
  /** What a collector asks for, such as a key. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds that a collector may take. */
  readonly timeout: number
  /** Milliseconds between two times that metrics are sent. */
  readonly metricsInterval: number
  /** What a deployment says of itself besides. */
  readonly resource: Readonly<Record<string, string>>
  readonly serviceName: string | undefined
}
