import type { Message } from '../message.ts'
import type { Receiver } from './receiver.ts'

/** The right to settle a delivery, until its timer ends it. */
export type Lease = { ackId: string; receiver: Receiver; timer: NodeJS.Timeout }

/** One message on its way to one subscription. */
export type Delivery = {
  message: Message
  bytes: number
  lane: Lane
  /** The message published after it in the same lane. */
  next: Delivery | undefined
  lease: Lease | undefined
  acknowledged: boolean
  /** How often it was refused or its deadline passed. */
  failures: number
}

/**
 * The unsettled messages of one ordering key, oldest first; a message without a key has a lane to itself.
 *
 * It is a cursor, as the real service has it: messages before `waiting` are with the subscriber or
 * acknowledged. An acknowledged message is forgotten only when all before it are, because a failure moves the
 * cursor back to the failed message and everything after it is delivered again, acknowledged or not.
 */
export class Lane {
  readonly key: string
  /** Who has messages of this key: until they are settled nobody else gets any, or two could be worked on at
   *  once. */
  holder: Receiver | undefined
  #first: Delivery | undefined
  #waiting: Delivery | undefined
  #last: Delivery | undefined

  constructor(key: string) {
    this.key = key
  }

  /** The next message to deliver. */
  get waiting(): Delivery | undefined {
    return this.#waiting
  }

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  add(message: Message, bytes: number): void {
    const delivery: Delivery = {
      message,
      bytes,
      lane: this,
      next: undefined,
      lease: undefined,
      acknowledged: false,
      failures: 0,
    }
    if (this.#last === undefined) this.#first = delivery
    else this.#last.next = delivery
    this.#last = delivery
    this.#waiting ??= delivery
  }

  /** Moves the cursor over the message that waits. */
  advance(): void {
    this.#waiting = this.#waiting?.next
  }

  /** Moves the cursor back to `failed`. Gives all that had been delivered from there on, to be called
   *  back. */
  rewind(failed: Delivery): Delivery[] {
    const calledBack: Delivery[] = []
    for (let each: Delivery | undefined = failed; each !== this.#waiting; each = each?.next) {
      if (each === undefined) break
      each.acknowledged = false
      calledBack.push(each)
    }
    this.#waiting = failed
    return calledBack
  }

  /** Forgets the oldest messages as far as they are acknowledged, and gives them. */
  forgetAcknowledged(): Delivery[] {
    const forgotten: Delivery[] = []
    while (this.#first !== undefined && this.#first !== this.#waiting && this.#first.acknowledged) {
      forgotten.push(this.#first)
      this.#first = this.#first.next
    }
    if (this.#first === undefined) this.#last = undefined
    if (this.#first === this.#waiting) this.holder = undefined
    return forgotten
  }
}
