import {
  leaveRelay,
  partitionsWaiting,
  releaseLease,
  renewLeases,
  seizeLeases,
  type Lease,
  type Relay,
} from '@iam/domain/outbox'
import { every, type Repeating } from '@iam/platform/lifecycle'
import type { RelayDeps } from './relay-deps.ts'
import { type Walk, walkPartition } from './walk-partition.ts'

const safetyPoll = 1_000
/** A walker is sent by whoever looks for new events; this only covers for mistakes. */
const rarely = 60_000

interface Walker extends Walk {
  readonly loop: Repeating
  wanted: boolean
}

/**
 * Relays this worker's share of the outbox's partitions. Leases are renewed three times in their life; a
 * partition that is more than the share is given back after the batch under way, so that others need not wait.
 */
export class OutboxRelay {
  readonly #deps: RelayDeps
  readonly #relay: Relay
  readonly #walkers = new Map<number, Walker>()
  readonly #leases: Repeating
  readonly #lookout: Repeating

  constructor(deps: RelayDeps, relay: Relay) {
    this.#deps = deps
    this.#relay = relay
    this.#leases = every(
      (relay.ttl * 1000) / 3,
      () => this.#tendLeases(),
      this.#warn('The leases could not be renewed'),
    )
    this.#leases.nudge()
    this.#lookout = every(safetyPoll, () => this.#look(), this.#warn('New events could not be looked for'))
  }

  /** Looks for new events now instead of within a second. */
  nudge(): void {
    this.#lookout.nudge()
  }

  /** How many partitions this relay walks. */
  get held(): number {
    return this.#walkers.size
  }

  /** Ends after the batches under way, and lets the others take over at once. */
  async stop(): Promise<void> {
    await Promise.all([this.#leases.stop(), this.#lookout.stop()])
    await Promise.all([...this.#walkers.keys()].map((partition) => this.#endWalker(partition)))
    await leaveRelay(this.#deps.db.kysely, this.#relay.owner)
  }

  /** One look for all partitions: most nudges are for one event, and the other walkers would ask in vain. */
  async #look(): Promise<void> {
    const waiting = await partitionsWaiting(this.#deps.db.kysely, this.#relay.owner)
    for (const partition of waiting) this.#walkers.get(partition)?.loop.nudge()
  }

  async #tendLeases(): Promise<void> {
    const { kysely } = this.#deps.db
    const { held, share } = await renewLeases(kysely, this.#relay)
    const epochs = new Map(held.map((lease) => [lease.partition, lease.epoch]))
    for (const [partition, { lease }] of this.#walkers) {
      if (epochs.get(partition) !== lease.epoch) await this.#endWalker(partition)
    }
    for (const lease of held.slice(share)) {
      await this.#endWalker(lease.partition)
      await releaseLease(kysely, lease)
    }
    const taken = await seizeLeases(kysely, this.#relay, share - held.length)
    for (const lease of [...held.slice(0, share), ...taken]) {
      if (!this.#walkers.has(lease.partition)) this.#startWalker(lease)
    }
  }

  #startWalker(lease: Lease): void {
    const loop = every(rarely, () => this.#walk(walker), this.#warn('Events could not be relayed'))
    const walker: Walker = { lease, loop, published: new Set(), wanted: true, goOn: () => walker.wanted }
    this.#walkers.set(lease.partition, walker)
    loop.nudge()
  }

  async #walk(walker: Walker): Promise<void> {
    if (await walkPartition(this.#deps, walker)) return
    // Lost: this loop runs no more, and the place is left to whoever holds the partition by now, perhaps us again.
    void walker.loop.stop()
    if (this.#walkers.get(walker.lease.partition) === walker) this.#walkers.delete(walker.lease.partition)
  }

  async #endWalker(partition: number): Promise<void> {
    const walker = this.#walkers.get(partition)
    if (walker === undefined) return
    walker.wanted = false
    this.#walkers.delete(partition)
    await walker.loop.stop()
  }

  #warn(message: string): (err: unknown) => void {
    return (err) => this.#deps.log.warn({ err }, message)
  }
}
