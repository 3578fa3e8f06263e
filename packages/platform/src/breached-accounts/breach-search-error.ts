/** Why the search for breached addresses gave no answer. Its message names neither the key nor an address. */
export class BreachSearchError extends Error {
  override readonly name = 'BreachSearchError'
  /** What to do about it: `key` another key, `pace` wait, `address` leave this one out, `service` try later. */
  readonly kind: 'key' | 'pace' | 'address' | 'service'
  /** Seconds to wait, where the service says so. */
  readonly retryAfter: number

  constructor(kind: BreachSearchError['kind'], message: string, retryAfter = 0) {
    super(message)
    this.kind = kind
    this.retryAfter = retryAfter
  }
}
