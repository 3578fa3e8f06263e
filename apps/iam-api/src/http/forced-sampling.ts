import type { Monotonic } from '@iam/domain/kit'
import { isSampled } from '@iam/platform/telemetry'

/** Requests in a second that are recorded because their caller says so. */
const perSecond = 10

/**
 * How often a caller's word that a trace is recorded is taken. Load balancers hand on what a client sent, so that a
 * stranger could have every request recorded, which costs time and money: beyond the bound the flag is taken off.
 */
export class ForcedSampling {
  readonly #monotonic: Monotonic
  #second = 0
  #taken = 0

  constructor(monotonic: Monotonic) {
    this.#monotonic = monotonic
  }

  /** @returns the `traceparent` to go by. */
  within(traceparent: string): string {
    if (!isSampled(traceparent)) return traceparent
    const second = Math.floor(this.#monotonic() / 1_000)
    if (second !== this.#second) this.#taken = 0
    this.#second = second
    this.#taken += 1
    return this.#taken <= perSecond ? traceparent : `${traceparent.slice(0, -2)}00`
  }
}
