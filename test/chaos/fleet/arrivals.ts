import type { IncomingMessage } from '@iam/platform/pubsub'

interface Arrived {
  readonly eventId: string
  readonly orderingKey: string
  readonly sequence: number
}

/** What a consumer of ours got of each stream: each event once, in the order in which it first came. */
export class Arrivals {
  readonly #streams = new Map<string, Map<string, number>>()
  /** Everything that came out of turn: an event before one that it follows. */
  readonly outOfTurn: string[] = []
  repeated = 0

  take({ data }: IncomingMessage): void {
    const { eventId, orderingKey, sequence } = JSON.parse(data.toString()) as Arrived
    const seen = this.#streams.get(orderingKey) ?? new Map<string, number>()
    this.#streams.set(orderingKey, seen)
    if (seen.has(eventId)) {
      this.repeated += 1
      return
    }
    if (sequence !== seen.size + 1) this.outOfTurn.push(`${orderingKey} ${sequence} after ${seen.size}`)
    seen.set(eventId, sequence)
  }

  /** How many different events came of each stream. */
  get counts(): Map<string, number> {
    return new Map([...this.#streams].map(([key, seen]) => [key, seen.size]))
  }

  eventIdsOf(orderingKey: string): string[] {
    return [...(this.#streams.get(orderingKey) ?? new Map<string, number>()).keys()]
  }
}
