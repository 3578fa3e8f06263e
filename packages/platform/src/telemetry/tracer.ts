import type { NewSpan, Span } from './span.ts'

/** What records spans and sends them off. */
export interface Tracer {
  start(what: NewSpan): Span
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>
}

/** Who records, as the collector is told. */
export interface Recorder {
  readonly service: string
  readonly region: string
  readonly env: string
}
