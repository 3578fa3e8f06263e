import { Refusal } from '../kit/index.ts'

export interface HashAdmissionLimits {
  /** Hashes at a time. One with 64 MiB and four lanes: two that overlap take longer than two in a row. */
  readonly concurrency: number
  /** Most callers of one tenant that wait; the next is refused at once. */
  readonly waitingPerTenant: number
  /** Most callers that wait in all. */
  readonly waiting: number
  /** Milliseconds a caller waits before it is refused. */
  readonly deadline: number
}

interface Waiter {
  readonly admit: (release: () => void) => void
  readonly timer: NodeJS.Timeout
}

/**
 * The queue in front of password hashing: bounded, with a deadline, and fair, since tenants take turns however
 * many callers each has. It is decided before any account is looked up, so being refused says nothing of one.
 */
export class HashAdmission {
  readonly #limits: HashAdmissionLimits
  /** Tenants with waiters, the next to be served first. */
  readonly #queues = new Map<string, Waiter[]>()
  #waiting = 0
  #running = 0

  constructor(limits: HashAdmissionLimits) {
    this.#limits = limits
  }

  /**
   * Waits for a turn.
   * @returns what ends the turn; calling it again does nothing.
   * @throws Refusal `login_busy` when the queue is full, or the deadline passes.
   */
  async enter(tenantId: string): Promise<() => void> {
    if (this.#running < this.#limits.concurrency) {
      this.#running += 1
      return this.#turn()
    }
    const queue = this.#queues.get(tenantId) ?? []
    if (queue.length >= this.#limits.waitingPerTenant || this.#waiting >= this.#limits.waiting) throw busy()
    return new Promise((admit, reject) => {
      const timer = setTimeout(() => {
        this.#leave(tenantId, waiter)
        reject(busy())
      }, this.#limits.deadline)
      const waiter: Waiter = { admit, timer }
      queue.push(waiter)
      this.#queues.set(tenantId, queue)
      this.#waiting += 1
    })
  }

  #turn(): () => void {
    let over = false
    return () => {
      if (over) return
      over = true
      this.#next()
    }
  }

  /** Hands the turn to the tenant that has waited longest for one, and puts that tenant behind the others. */
  #next(): void {
    const first = this.#queues.entries().next()
    const waiter = first.value?.[1].shift()
    if (first.value === undefined || waiter === undefined) {
      this.#running -= 1
      return
    }
    const [tenantId, queue] = first.value
    this.#queues.delete(tenantId)
    if (queue.length > 0) this.#queues.set(tenantId, queue)
    this.#waiting -= 1
    clearTimeout(waiter.timer)
    waiter.admit(this.#turn())
  }

  #leave(tenantId: string, waiter: Waiter): void {
    const queue = (this.#queues.get(tenantId) ?? []).filter((other) => other !== waiter)
    if (queue.length > 0) this.#queues.set(tenantId, queue)
    else this.#queues.delete(tenantId)
    this.#waiting -= 1
  }
}

function busy(): Refusal {
  return new Refusal('login_busy', { retryAfter: 2 })
}
