/** What a span tells besides its name: names and numbers of ours, never what somebody typed. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** Whose side of a call a span is (OpenTelemetry, SpanKind). */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

export interface NewSpan {
  /** Takes few values: a route's pattern, an operation, a topic. */
  readonly name: string
  readonly kind: SpanKind
  /** The `traceparent` of what it is a part of (W3C Trace Context 3.2). A new trace begins without one, or with a malformed one. */
  readonly parent?: string | undefined
  readonly attributes?: Attributes
  /** When it began, in milliseconds since 1970; now, if it is left out. */
  readonly began?: number
}

/** A piece of work that has its place in a trace, whether or not anybody records it. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** The value to hand on (W3C Trace Context 3.2). */
  readonly traceparent: string
  /** Whether it is recorded. Nothing need be gathered for one that is not. */
  readonly isRecorded: boolean
  set(attributes: Attributes): void
  /** For a name that shows only at the end. */
  rename(name: string): void
  /** Does work whose spans are this one's children: see `inSpan`. */
  run<T>(work: () => T): T
  /** @param failure what went wrong: its code or its name is told, its message may quote people and is not. */
  end(failure?: unknown): void
}

/** A span that nobody records: ids to hand on, and nothing else. */
export class UnrecordedSpan implements Span {
  readonly isRecorded = false
  readonly traceId: string
  readonly spanId: string
  readonly #flags: string

  constructor(traceId: string, spanId: string, flags: string) {
    this.traceId = traceId
    this.spanId = spanId
    this.#flags = flags
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.#flags}`
  }

  set(): void {}

  rename(): void {}

  run<T>(work: () => T): T {
    return work()
  }

  end(): void {}
}
