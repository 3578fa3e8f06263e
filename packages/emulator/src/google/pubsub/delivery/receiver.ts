import type { StatusError } from '../../rpc/status-error.ts'
import type { ReceivedMessage } from '../message.ts'

/** Where messages go out: a stream, or a pull that waits. */
export type Outlet = {
  /** Sends a batch; false when the connection is full and nothing more should be sent until `resume()`. */
  send(batch: ReceivedMessage[]): boolean
  /** Ends the stream or pull, because its subscription is gone. */
  fail(error: StatusError): void
}

/** How much a subscriber takes before it acknowledges; Infinity where it sets no limit. */
export type FlowLimits = { maxMessages: number; maxBytes: number }

/** One subscriber, with what it has been sent and not yet settled. */
export class Receiver {
  readonly outlet: Outlet
  readonly #limits: FlowLimits
  /** Seconds until a message sent to it counts as failed; a stream may change it at any time. */
  leaseSeconds: number
  #messages = 0
  #bytes = 0
  #congested = false

  constructor(outlet: Outlet, limits: FlowLimits, leaseSeconds: number) {
    this.outlet = outlet
    this.#limits = limits
    this.leaseSeconds = leaseSeconds
  }

  /** The documented rule: sending stops once the limit is reached, so the last message may exceed the
   *  bytes. */
  hasRoom(): boolean {
    const { maxMessages, maxBytes } = this.#limits
    return !this.#congested && this.#messages < maxMessages && this.#bytes < maxBytes
  }

  /** Counts a message that is about to be sent. */
  charge(bytes: number): void {
    this.#messages += 1
    this.#bytes += bytes
  }

  /** Counts a message as settled, whatever became of it. */
  credit(bytes: number): void {
    this.#messages -= 1
    this.#bytes -= bytes
  }

  send(batch: ReceivedMessage[]): void {
    this.#congested = !this.outlet.send(batch)
  }

  resume(): void {
    this.#congested = false
  }
}
