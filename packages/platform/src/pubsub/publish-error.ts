/** gRPC codes after which the same request may well succeed later: those the official client retries. */
const retriableCodes: readonly number[] = [
  1, // CANCELLED
  2, // UNKNOWN
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  10, // ABORTED
  13, // INTERNAL
  14, // UNAVAILABLE
]

/** What became of the messages of one ordering key. `code` is the gRPC code. */
export type KeyFailure = { readonly orderingKey: string; readonly code: number; readonly reason: string }

/** Messages that may not have been published; each key that failed is named, the others were accepted. */
export class PublishError extends Error {
  override readonly name = 'PublishError'
  readonly failures: readonly KeyFailure[]

  constructor(topic: string, failures: readonly KeyFailure[], options?: ErrorOptions) {
    const [first] = failures
    super(
      `Publishing to ${topic} failed for ${failures.length} ordering keys, first with: ${first?.reason}`,
      options,
    )
    this.failures = failures
  }

  /** Whether publishing the same messages again may succeed without anything being changed first. */
  get retriable(): boolean {
    return this.failures.every(({ code }) => retriableCodes.includes(code))
  }
}
