import { Refusal, type Monotonic } from '../kit/index.ts'
import { FairQueue, Line } from './fair-queue.ts'
import { QueuePace } from './queue-pace.ts'

export interface AdmissionLimits {
  /** Turns at a time. Of hashes with 64 MiB and four lanes one: two that overlap take longer than two in a row. */
  readonly concurrency: number
  /** Turns given before their work can begin, so that what it needs is looked up meanwhile; none by default. */
  readonly ahead?: number
  /** Most callers of one tenant that wait. */
  readonly waitingPerTenant: number
  /** Most callers that wait in all. */
  readonly waiting: number
  /** Milliseconds a caller waits before it is refused. */
  readonly deadline: number
  /** What it is refused with: `login_busy` where nothing is said. */
  readonly refusal?: 'login_busy' | 'temporarily_unavailable'
}

/** Ends a turn; called again it does nothing. */
export type Release = () => void

/** A turn that was given. */
export interface Turn {
  /** Waits until the work may begin: at most for those that were given a turn before. */
  readonly begin: () => Promise<void>
  readonly release: Release
}

interface Waiter {
  readonly admit: (turn: Turn) => void
  readonly refuse: () => void
  readonly timer: NodeJS.Timeout
}

/** How many turns nobody waits for are kept in mind, and for how many milliseconds: each holds a password. */
const mostIdle = 64
const idleDeadline = 30_000

/**
 * The queue in front of scarce work, such as hashing passwords: bounded, with a deadline, and fair. Tenants take turns, and within a
 * tenant the addresses that call, however many callers each has; a tenant that had no turn lately has the next.
 * When it is full, the newcomer takes the place of the newest of whoever has the most waiting, and is refused
 * only if that is itself. It is decided before any account is looked up, so being refused says nothing of one.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #queue: FairQueue<Waiter>
  readonly #idle: FairQueue<Waiter>
  readonly #pace: QueuePace
  readonly #given: Set<Turn> = new Set()
  /** Those that were given a turn and wait to begin. */
  readonly #ready: (() => void)[] = []
  #running = 0

  /** @param monotonic milliseconds, by which those who are refused are told when to come back. */
  constructor(limits: AdmissionLimits, monotonic?: Monotonic) {
    this.#limits = limits
    this.#pace = new QueuePace(monotonic)
    const ofTenant = () => new FairQueue<Waiter>(limits.waitingPerTenant, () => new Line())
    this.#queue = new FairQueue(limits.waiting, ofTenant)
    this.#idle = new FairQueue(mostIdle, () => new Line())
  }

  /**
   * Waits for a turn.
   * @param address the network of the caller, where there is one.
   * @throws Refusal `login_busy`, or what the limits say, when there is no place in the queue, or the deadline passes.
   */
  async enter(tenantId: string, address = ''): Promise<Release> {
    return begun(await this.enterAhead(tenantId, address))
  }

  /** The same for who has something to look up before it works, and begins when it has. */
  async enterAhead(tenantId: string, address = ''): Promise<Turn> {
    const { concurrency, ahead = 0, deadline } = this.#limits
    return this.#enter(this.#queue, { path: [tenantId, address], deadline, most: concurrency + ahead })
  }

  /**
   * Waits for a turn that nobody else wants, for work that nobody waits for.
   * @throws Refusal `login_busy` when there is none for half a minute, or too much such work waits already.
   */
  async enterWhenIdle(tenantId: string): Promise<Release> {
    const most = this.#limits.concurrency
    return begun(await this.#enter(this.#idle, { path: [tenantId], deadline: idleDeadline, most }))
  }

  /** @param entry.most turns, the new one included, with which it is given one at once. */
  async #enter(
    queue: FairQueue<Waiter>,
    { path, deadline, most }: { path: readonly string[]; deadline: number; most: number },
  ): Promise<Turn> {
    if (this.#given.size < most) return this.#turn()
    return new Promise((admit, reject) => {
      const refuse = () => {
        const retryAfter = this.#pace.secondsFor(this.#queue.size, this.#limits.concurrency)
        reject(new Refusal(this.#limits.refusal ?? 'login_busy', { retryAfter }))
      }
      const timer = setTimeout(() => {
        if (queue.remove(path, waiter)) refuse()
      }, deadline)
      const waiter: Waiter = { admit, refuse, timer }
      const displaced = queue.push(path, waiter)
      if (displaced === undefined) return
      clearTimeout(displaced.timer)
      displaced.refuse()
    })
  }

  #turn(): Turn {
    let end: (() => void) | undefined
    const turn: Turn = {
      begin: async () => {
        if (this.#running < this.#limits.concurrency) this.#running += 1
        else await new Promise<void>((begin) => this.#ready.push(begin))
        end = this.#pace.begin()
      },
      release: () => {
        if (!this.#given.delete(turn)) return
        if (end !== undefined) this.#beginNext()
        end?.()
        this.#giveNext()
      },
    }
    this.#given.add(turn)
    return turn
  }

  #beginNext(): void {
    const begin = this.#ready.shift()
    if (begin === undefined) this.#running -= 1
    else begin()
  }

  #giveNext(): void {
    const isIdle = this.#given.size < this.#limits.concurrency
    const waiter = this.#queue.shift() ?? (isIdle ? this.#idle.shift() : undefined)
    if (waiter === undefined) return
    clearTimeout(waiter.timer)
    waiter.admit(this.#turn())
  }
}

async function begun({ begin, release }: Turn): Promise<Release> {
  await begin()
  return release
}
