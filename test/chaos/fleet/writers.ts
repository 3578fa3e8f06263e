import { setTimeout as sleep } from 'node:timers/promises'
import { appendAudit } from '@iam/domain/audit'
import { type Db, inOneFlight, inTenant, run, streamKey } from '@iam/domain/db'
import { appendEvent } from '@iam/domain/outbox'
import { sql } from 'kysely'
import type { Seeded } from './seeded.ts'

interface Writing {
  readonly db: Db
  readonly tenantId: string
  /** The aggregates that events are written of. */
  readonly aggregates: readonly string[]
  readonly chance: Seeded
  readonly clients: number
}

/** Milliseconds between two writes of one client, at most. */
const pause = 40

/** Clients that write events and keep a book of what was committed: most in one flight, some slowly, some undone. */
export class Writers {
  readonly #writing: Writing
  readonly #done: Promise<unknown>
  #stopped = false
  /** How many events were committed, by stream. */
  readonly committed = new Map<string, number>()
  undone = 0

  constructor(writing: Writing) {
    this.#writing = writing
    this.#done = Promise.all(Array.from({ length: writing.clients }, () => this.#write()))
    this.#done.catch(() => undefined) // `stop` tells of it
  }

  /** @throws when something could not be written: the database is never away here. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #write(): Promise<void> {
    const { chance, aggregates, tenantId } = this.#writing
    while (!this.#stopped) {
      const aggregate = chance.pick(aggregates)
      const kind = chance.fraction()
      if (kind < 0.05) await this.#undo(aggregate)
      else {
        await (kind < 0.07 ? this.#commitSlowly(aggregate) : this.#commit(aggregate))
        const key = streamKey(tenantId, aggregate)
        this.committed.set(key, (this.committed.get(key) ?? 0) + 1)
      }
      await sleep(chance.below(pause))
    }
  }

  async #commit(aggregate: string): Promise<void> {
    const { db } = this.#writing
    await inOneFlight(db, this.#scope(aggregate), this.#statements(aggregate))
  }

  /** Holds up what has a later transaction id meanwhile. */
  async #commitSlowly(aggregate: string): Promise<void> {
    await inTenant(this.#writing.db, this.#scope(aggregate), async (tx) => {
      for (const statement of this.#statements(aggregate)) await run(tx, statement)
      await sql`select pg_sleep(0.2)`.execute(tx)
    })
  }

  async #undo(aggregate: string): Promise<void> {
    const fails = { sql: 'select 1 / $1::int', parameters: [0] }
    const { db } = this.#writing
    await inOneFlight(db, this.#scope(aggregate), [...this.#statements(aggregate), fails]).then(
      () => Promise.reject(new Error('A division by zero was committed.')),
      (error: { code?: unknown }) => (error.code === '22012' ? undefined : Promise.reject(error as Error)),
    )
    this.undone += 1
  }

  #scope(aggregate: string) {
    const { tenantId } = this.#writing
    return { tenantId, streams: [streamKey(tenantId, aggregate)] }
  }

  /** Audit first, as every verb does: the transaction has its id by the time it meets another one of its stream. */
  #statements(aggregate: string) {
    const { tenantId } = this.#writing
    const common = { tenantId, at: new Date() }
    const actor = { type: 'system' } as const
    const target = { type: 'user', id: aggregate }
    const event = { type: 'user.registered', payload: { userId: aggregate } } as const
    return [
      appendAudit({ ...common, actor, action: 'user.registered', target, outcome: 'success' }),
      appendEvent({ ...common, aggregateId: aggregate, event }),
    ]
  }
}
