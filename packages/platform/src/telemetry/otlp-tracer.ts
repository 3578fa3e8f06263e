import { randomUUID } from 'node:crypto'
import {
  ROOT_CONTEXT,
  SpanKind as Kind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type Span as RecordingSpan,
  type Tracer as OtelTracer,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import { within as inTime } from '../lifecycle/index.ts'
import { resourceOf } from './resource.ts'
import { runWithin, type Scope } from './scope.ts'
import type { TelemetrySettings } from './settings.ts'
import { UnrecordedSpan, type Attributes, type NewSpan, type Span } from './span.ts'
import { readTraceparent } from './trace-context.ts'
import type { Recorder, Tracer } from './tracer.ts'

const kinds = {
  internal: Kind.INTERNAL,
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
} as const

/** At most two thousand spans wait to be sent, some megabytes; more are dropped. */
const batches = { maxQueueSize: 2_048, maxExportBatchSize: 512, scheduledDelayMillis: 2_000 }
/** Milliseconds that the last spans may take when the process ends. */
const farewell = 2_000

type Settings = TelemetrySettings & { readonly url: string }

/** Records spans with OpenTelemetry's SDK and sends them by OTLP over HTTP, in JSON. Nothing of it is global. */
export class OtlpTracer implements Tracer {
  readonly #provider: TracerProvider
  readonly #tracer: OtelTracer

  constructor(settings: Settings, recorder: Recorder, onFailure: (error: unknown) => void) {
    const { url, timeout, headers } = settings
    const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: timeout })
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes(resourceOf(settings, recorder, randomUUID())),
      sampler: samplerOf(settings.sampler),
      spanProcessors: [
        new BatchSpanProcessor({
          ...batches,
          exportTimeoutMillis: timeout,
          exporter: telling(exporter, onFailure),
        }),
      ],
    })
    this.#tracer = this.#provider.getTracer('iam')
  }

  start({ parent, ...what }: NewSpan): Span {
    return begin(this.#tracer, what, contextOf(parent))
  }

  async close(): Promise<void> {
    await inTime(farewell, this.#provider.shutdown()).catch(() => undefined)
  }
}

/** A span that is recorded. */
class RecordedSpan implements Span, Scope {
  readonly isRecorded = true
  readonly traceId: string
  readonly spanId: string
  readonly traceparent: string
  readonly #span: RecordingSpan
  readonly #tracer: OtelTracer

  constructor(span: RecordingSpan, tracer: OtelTracer) {
    const { traceId, spanId } = span.spanContext()
    this.traceId = traceId
    this.spanId = spanId
    this.traceparent = `00-${traceId}-${spanId}-01`
    this.#span = span
    this.#tracer = tracer
  }

  get span(): Span {
    return this
  }

  child(what: Omit<NewSpan, 'parent'>): Span {
    return begin(this.#tracer, what, trace.setSpan(ROOT_CONTEXT, this.#span))
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes({ ...attributes })
  }

  run<T>(work: () => T): T {
    return runWithin(this, work)
  }

  rename(name: string): void {
    this.#span.updateName(name)
  }

  end(failure?: unknown): void {
    if (failure !== undefined) {
      this.#span.setAttribute('error.type', typeOf(failure))
      this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
  }
}

function begin(tracer: OtelTracer, what: Omit<NewSpan, 'parent'>, context: Context): Span {
  const { name, kind, attributes, began } = what
  const options = { kind: kinds[kind], ...(attributes && { attributes: { ...attributes } }) }
  const span = tracer.startSpan(
    name,
    began === undefined ? options : { ...options, startTime: began },
    context,
  )
  if (span.isRecording()) return new RecordedSpan(span, tracer)
  const { traceId, spanId } = span.spanContext()
  return new UnrecordedSpan(traceId, spanId, '00')
}

function contextOf(traceparent: string | undefined): Context {
  const parent = readTraceparent(traceparent)
  if (parent === undefined) return ROOT_CONTEXT
  const { traceId, spanId, flags } = parent
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function samplerOf({ name, ratio }: TelemetrySettings['sampler']): Sampler {
  const roots = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }
  const root = roots[name.replace('parentbased_', '') as keyof typeof roots]()
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}

/** The code of an error, or else its name: what it says may quote a row or an address. */
function typeOf(failure: unknown): string {
  const { code, name } = failure as { readonly code?: unknown; readonly name?: unknown }
  const [told] = [code, name].filter((each) => typeof each === 'string' || typeof each === 'number')
  return String(told ?? '_OTHER')
}

/** The exporter, whose failures are told: the first one, and the next after a success. */
function telling(exporter: SpanExporter, onFailure: (error: unknown) => void): SpanExporter {
  let failing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined
        if (failed && !failing) onFailure(result.error)
        failing = failed
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}
