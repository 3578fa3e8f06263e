import type { NewSpan, Span } from './span.ts'
import type { TelemetrySettings } from './settings.ts'
import { startSpan } from './trace-context.ts'
import type { Recorder, Tracer } from './tracer.ts'

/**
 * The traces of a process. Spans have ids from the beginning; they are recorded once `exportTo` was told where they
 * go, and never without. A collector that is away, slow or wrong costs spans and nothing else.
 */
export class Tracing {
  #tracer: Tracer | undefined

  /** The start of work that comes from outside this process. */
  start(what: NewSpan): Span {
    return this.#tracer?.start(what) ?? startSpan(what.parent)
  }

  /**
   * Records spans from now on, where the settings name a collector. What does so is loaded here: a process without
   * one never pays for it.
   * @param onFailure hears that spans could not be sent, once until they can be again.
   */
  async exportTo(
    settings: TelemetrySettings,
    recorder: Recorder,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    if (settings.tracesUrl === undefined || settings.sampler.name === 'always_off') return
    const { OtlpTracer } = await import('./otlp-tracer.ts')
    this.record(new OtlpTracer({ ...settings, url: settings.tracesUrl }, recorder, onFailure))
  }

  /** Has a tracer record from now on. */
  record(tracer: Tracer): void {
    this.#tracer = tracer
  }

  async close(): Promise<void> {
    await this.#tracer?.close()
  }
}
