import * as z from 'zod'
import { samplers, type TelemetrySettings } from '../telemetry/index.ts'

const url = z.url({ protocol: /^https?$/ }).optional()
const milliseconds = z.coerce.number().int().positive()
const exporter = z.enum(['otlp', 'none'])
/** `name=value,name=value`, percent-encoded (W3C Baggage, as OpenTelemetry has it). */
const pairs = z
  .string()
  .regex(/^([^=,\s]+=[^,]*)(,[^=,\s]+=[^,]*)*$/, 'must be name=value,…')
  .transform((text) =>
    Object.fromEntries(
      text.split(',').map((pair) => {
        const at = pair.indexOf('=')
        return [pair.slice(0, at), decoded(pair.slice(at + 1))]
      }),
    ),
  )

/** OpenTelemetry's own variables, as far as we follow them. Nothing is recorded or sent without an endpoint. */
export const telemetryVariables = {
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url,
  /** What we speak: collectors take it at the port of HTTP, 4318. */
  OTEL_EXPORTER_OTLP_PROTOCOL: z.literal('http/json').default('http/json'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds.default(5_000),
  OTEL_TRACES_EXPORTER: exporter.default('otlp'),
  OTEL_METRICS_EXPORTER: exporter.default('otlp'),
  OTEL_METRIC_EXPORT_INTERVAL: milliseconds.default(60_000),
  OTEL_TRACES_SAMPLER: z.enum(samplers).default('parentbased_traceidratio'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.05),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
}

type Read = Readonly<z.output<z.ZodObject<typeof telemetryVariables>>>

/** Where telemetry goes. */
export function telemetryOf(read: Read): TelemetrySettings {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = read
  const isOn = read.OTEL_SDK_DISABLED === 'false'
  const below = (path: string) => endpoint && `${endpoint.replace(/\/$/, '')}/v1/${path}`
  const traces = read.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? below('traces')
  const metrics = read.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? below('metrics')
  return {
    tracesUrl: isOn && read.OTEL_TRACES_EXPORTER === 'otlp' ? traces : undefined,
    metricsUrl: isOn && read.OTEL_METRICS_EXPORTER === 'otlp' ? metrics : undefined,
    sampler: { name: read.OTEL_TRACES_SAMPLER, ratio: read.OTEL_TRACES_SAMPLER_ARG },
    headers: read.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    timeout: read.OTEL_EXPORTER_OTLP_TIMEOUT,
    metricsInterval: read.OTEL_METRIC_EXPORT_INTERVAL,
    resource: read.OTEL_RESOURCE_ATTRIBUTES ?? {},
    serviceName: read.OTEL_SERVICE_NAME,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
