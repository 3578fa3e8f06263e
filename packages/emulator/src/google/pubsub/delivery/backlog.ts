import { randomBytes } from 'node:crypto'
import type { StatusError } from '../../rpc/status-error.ts'
import { type Message, type ReceivedMessage, sizeOf, toWire } from '../message.ts'
import { type Delivery, Lane } from './lane.ts'
import type { Receiver } from './receiver.ts'

/** What happens to a message beyond its delivery. */
export type BacklogEvents = {
  /** The message is settled for good and need not survive a restart. */
  settled(message: Message): void
  /** True when the message, which failed that often, was taken to a dead-letter topic instead of coming
   *  again. */
  diverted(message: Message, failures: number): boolean
}

export type BacklogOptions = {
  /** Keeps messages of one key in order. */
  ordered: boolean
  /** Reports `delivery_attempt`, which the service does only for subscriptions with a dead-letter policy. */
  countsAttempts: boolean
}

/** The messages of one subscription that are not settled, and the subscribers that take them. */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #events: BacklogEvents
  readonly #lanes = new Map<string, Lane>()
  /** Lanes with something waiting. Served lanes go to the end, so no key starves the others. */
  readonly #ready = new Set<Lane>()
  readonly #receivers = new Set<Receiver>()
  readonly #leased = new Map<string, Delivery>()
  /** Ack ids of an earlier process must not settle anything in this one. */
  readonly #era = randomBytes(6).toString('hex')
  #leases = 0

  constructor(options: BacklogOptions, events: BacklogEvents) {
    this.#options = options
    this.#events = events
  }

  /** Puts a message at the end of its lane. It goes out with the next `deliver()`. */
  add(message: Message): void {
    const key =
      this.#options.ordered && message.orderingKey !== '' ? `key ${message.orderingKey}` : message.messageId
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = new Lane(key)
      this.#lanes.set(key, lane)
    }
    lane.add(message, sizeOf(message))
    this.#ready.add(lane)
  }

  attach(receiver: Receiver): void {
    this.#receivers.add(receiver)
    this.deliver()
  }

  /** What the receiver was sent stays leased: it may still settle it by another call. */
  detach(receiver: Receiver): void {
    this.#receivers.delete(receiver)
  }

  /** Sends what waits to the receivers that have room, in turn. */
  deliver(): void {
    const served: Receiver[] = []
    for (const receiver of this.#receivers) {
      const batch = this.#take(receiver)
      if (batch.length === 0) continue
      receiver.send(batch)
      served.push(receiver)
    }
    // Whoever was served is last in turn the next time, unless it has left.
    for (const receiver of served) if (this.#receivers.delete(receiver)) this.#receivers.add(receiver)
  }

  /** Settles a delivery. An ack id that is unknown or has expired is ignored: the message will come again. */
  acknowledge(ackId: string): void {
    const delivery = this.#leased.get(ackId)
    if (delivery === undefined) return
    this.#release(delivery)
    delivery.acknowledged = true
    this.#forgetAcknowledged(delivery.lane)
  }

  /** Sets the deadline of a delivery to `seconds` from now; 0 refuses the message, and it comes again at
   *  once. */
  modifyDeadline(ackId: string, seconds: number): void {
    const delivery = this.#leased.get(ackId)
    if (delivery?.lease === undefined) return
    if (seconds === 0) return this.#fail(delivery)
    clearTimeout(delivery.lease.timer)
    delivery.lease.timer = this.#expire(delivery, seconds)
  }

  /** Ends all streams, waiting pulls and deadlines; nothing goes out any more. */
  close(error: StatusError): void {
    for (const delivery of this.#leased.values()) clearTimeout(delivery.lease?.timer)
    for (const receiver of this.#receivers) receiver.outlet.fail(error)
    this.#receivers.clear()
    this.#leased.clear()
  }

  #take(receiver: Receiver): ReceivedMessage[] {
    const batch: ReceivedMessage[] = []
    // A lane that goes to the end of the set during this loop is met again only after the room is used up.
    for (const lane of this.#ready) {
      if (!receiver.hasRoom()) break
      if (lane.holder !== undefined && lane.holder !== receiver) continue
      for (let next = lane.waiting; next !== undefined && receiver.hasRoom(); next = lane.waiting) {
        batch.push(this.#lease(next, receiver))
      }
      this.#ready.delete(lane)
      if (lane.waiting !== undefined) this.#ready.add(lane)
    }
    return batch
  }

  #lease(delivery: Delivery, receiver: Receiver): ReceivedMessage {
    this.#leases += 1
    const ackId = `${this.#era}-${this.#leases}`
    receiver.charge(delivery.bytes)
    delivery.lease = { ackId, receiver, timer: this.#expire(delivery, receiver.leaseSeconds) }
    delivery.lane.holder = receiver
    delivery.lane.advance()
    this.#leased.set(ackId, delivery)
    const deliveryAttempt = this.#options.countsAttempts ? delivery.failures + 1 : 0
    return { ackId, message: toWire(delivery.message), deliveryAttempt }
  }

  #expire(delivery: Delivery, seconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#fail(delivery), seconds * 1000).unref()
  }

  #release(delivery: Delivery): void {
    if (delivery.lease === undefined) return
    clearTimeout(delivery.lease.timer)
    delivery.lease.receiver.credit(delivery.bytes)
    this.#leased.delete(delivery.lease.ackId)
    delivery.lease = undefined
  }

  #fail(failed: Delivery): void {
    const { lane } = failed
    failed.failures += 1
    for (const delivery of lane.rewind(failed)) this.#release(delivery)
    this.#ready.add(lane)
    if (this.#events.diverted(failed.message, failed.failures)) {
      failed.acknowledged = true
      lane.advance()
    }
    this.#forgetAcknowledged(lane)
    this.deliver()
  }

  #forgetAcknowledged(lane: Lane): void {
    for (const { message } of lane.forgetAcknowledged()) this.#events.settled(message)
    if (lane.waiting === undefined) this.#ready.delete(lane)
    if (lane.isEmpty) this.#lanes.delete(lane.key)
  }
}
