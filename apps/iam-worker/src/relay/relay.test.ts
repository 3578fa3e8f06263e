import { appendAudit } from '@iam/domain/audit'
import { type Database, type Db, inOneFlight, streamKey } from '@iam/domain/db'
import { newId } from '@iam/domain/kit'
import {
  advanceCursor,
  appendEvent,
  buryEvent,
  fetchBatch,
  type OutboxRow,
  replayStream,
  seizeLeases,
} from '@iam/domain/outbox'
import { openPostgres } from '@iam/platform/postgres'
import { type OutgoingMessage, PublishError } from '@iam/platform/pubsub'
import { startServers } from '@iam/testkit/servers'
import { openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { publishRows } from './publish-rows.ts'
import type { RelayDeps } from './relay-deps.ts'
import { OutboxRelay } from './relay.ts'

const invalidArgument = 3
const unavailable = 14

interface Published {
  readonly eventId: string
  readonly orderingKey: string
  readonly sequence: number
}

/** A publisher that remembers, and fails or waits as a test says. */
class Memory {
  readonly published: Published[]
  before: () => Promise<void> = async () => undefined
  after: () => Promise<void> = async () => undefined

  constructor(published: Published[] = []) {
    this.published = published
  }

  /** Events that the broker refuses, with the gRPC status code it says. */
  readonly refused = new Map<string, number>()

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    await this.before()
    const events = messages.map(({ data }) => JSON.parse(data.toString()) as Published)
    // A request carries one ordering key, and is taken or refused as a whole.
    const failures = new Map<string, number>()
    for (const { eventId, orderingKey } of events) {
      const code = this.refused.get(eventId)
      if (code !== undefined) failures.set(orderingKey, code)
    }
    this.published.push(...events.filter(({ orderingKey }) => !failures.has(orderingKey)))
    await this.after()
    if (failures.size === 0) return
    throw new PublishError(
      topic,
      [...failures].map(([orderingKey, code]) => ({ orderingKey, code, reason: 'refused' })),
    )
  }

  /** How many different events of these streams were published. */
  arrived(keys: readonly string[]): number {
    const mine = this.published.filter((event) => keys.some((key) => event.orderingKey.endsWith(key)))
    return new Set(mine.map((event) => event.eventId)).size
  }

  /** How many events came out of turn when they were first published. */
  inversions(): number {
    const last = new Map<string, number>()
    let inversions = 0
    const seen = new Set<string>()
    for (const { eventId, orderingKey, sequence } of this.published) {
      if (seen.has(eventId)) continue
      seen.add(eventId)
      if (sequence !== (last.get(orderingKey) ?? 0) + 1) inversions += 1
      last.set(orderingKey, sequence)
    }
    return inversions
  }
}

// A server of its own: an old transaction anywhere on a server holds back every relay on it.
describe('the relay', () => {
  let world: World
  let stop: () => Promise<void>
  beforeAll(async () => {
    const started = await startServers()
    stop = started.stop
    world = await openWorld(started.services)
  })
  afterAll(async () => {
    await world.close()
    await stop()
  })

  async function emit(
    aggregateId: string,
    type: 'user.registered' | 'password.changed' = 'user.registered',
  ): Promise<void> {
    const { acme: tenantId } = world
    const event = { type, payload: { userId: aggregateId } }
    const common = { tenantId, at: world.clock() }
    const actor = { type: 'system' } as const
    const target = { type: 'user', id: aggregateId }
    // Written before the event, as every verb does: the transaction has its id by the time it meets another
    // one of its stream, which is what would put events out of turn if the stream were not locked first.
    await inOneFlight(world.db, { tenantId, streams: [streamKey(tenantId, aggregateId)] }, [
      appendAudit({ ...common, actor, action: 'user.registered', target, outcome: 'success' }),
      appendEvent({ ...common, aggregateId, event }),
    ])
  }

  /** The events of one stream as they were written, oldest first. */
  async function eventIdsOf(aggregateId: string): Promise<string[]> {
    const rows = await world.workerDb.kysely
      .selectFrom('iam.outbox')
      .select('event_id')
      .where('ordering_key', '=', `${world.acme}:${aggregateId}`)
      .orderBy('sequence')
      .execute()
    return rows.map((row) => row.event_id)
  }

  async function deadLetters(aggregateId: string): Promise<string[]> {
    const rows = await world.workerDb.kysely
      .selectFrom('iam.outbox_dead_letter')
      .select('event_id')
      .where('ordering_key', '=', `${world.acme}:${aggregateId}`)
      .orderBy('sequence')
      .execute()
    return rows.map((row) => row.event_id)
  }

  /** A stream's rows, oldest first. */
  async function rowsOf(aggregateId: string): Promise<OutboxRow[]> {
    const rows = await sql<OutboxRow>`
      select xid, id, tenant_id as "tenantId", event_id as "eventId", type, version, occurred_at as "occurredAt",
             ordering_key as "orderingKey", sequence, payload, traceparent, correlation_id as "correlationId",
             causation_id as "causationId", retention_class as "retentionClass"
        from iam.outbox where ordering_key = ${streamKey(world.acme, aggregateId)} order by sequence`.execute(
      world.admin,
    )
    return rows.rows
  }

  const depsOf = (publisher: Memory, db: Pick<Db, 'kysely'> = world.workerDb): RelayDeps => ({
    db,
    clock: world.clock,
    publisher,
    producer: { namespace: 'test', name: 'relay', version: '0' },
    log: { warn: () => undefined, error: () => undefined },
  })

  /** @param how its lease, in seconds: long enough for a machine that stalls, where no test waits for its end. */
  function relayOf(
    publisher: Memory,
    owner: string,
    { db = world.workerDb, ttl = 10 }: { db?: Pick<Db, 'kysely'>; ttl?: number } = {},
  ): OutboxRelay {
    const relay = new OutboxRelay(depsOf(publisher, db), { owner, ttl })
    onTestFinished(() => relay.stop().catch(() => undefined)) // one whose database is gone cannot say so
    return relay
  }

  const clients = async (keys: readonly string[], each: number) =>
    Promise.all(
      Array.from({ length: 20 }, async (_, client) => {
        for (let n = 0; n < each; n += 1) await emit(keys[client % keys.length] ?? '')
      }),
    )

  test('publishes what 20 clients wrote to one stream in its order, all of it', async () => {
    const memory = new Memory()
    relayOf(memory, 'only')
    const keys = [newId('usr', world.clock())]
    await clients(keys, 50)
    await expect.poll(() => memory.arrived(keys), { timeout: 60_000 }).toBe(1000)
    expect(memory.inversions()).toBe(0)
  }, 180_000)

  test('shares partitions between two relays and loses nothing when one dies between publish and advance', async () => {
    const keys = Array.from({ length: 16 }, () => newId('usr', world.clock()))
    const memory = new Memory()
    const survivor = relayOf(memory, 'survivor', { ttl: 1 })
    const doomed = openPostgres<Database>({ url: world.database.urlFor('iam_worker'), poolSize: 10 })
    const victims = new Memory(memory.published)
    const victim = relayOf(victims, 'victim', { db: doomed, ttl: 1 })
    await expect.poll(() => [survivor.held, victim.held], { timeout: 60_000 }).toEqual([4, 4])
    let died = 0
    victims.after = async () => {
      died += 1
      if (died === 1) await doomed.close() // it published, and can tell the database nothing any more
    }
    await clients(keys, 30)
    await expect.poll(() => memory.arrived(keys), { timeout: 60_000 }).toBe(600)
    expect(died).toBeGreaterThan(0)
    // What the victim published and could not say, once its lease has run out.
    await expect.poll(() => memory.published.length, { timeout: 60_000 }).toBeGreaterThan(600)
    expect(memory.inversions()).toBe(0)
  }, 240_000)

  test('publishes again after a failure, in order', async () => {
    const memory = new Memory()
    let failures = 3
    memory.before = async () => {
      failures -= 1
      if (failures >= 0) throw new Error('unavailable')
    }
    const key = newId('usr', world.clock())
    for (let n = 0; n < 5; n += 1) await emit(key)
    relayOf(memory, 'patient')
    await expect.poll(() => memory.arrived([key]), { timeout: 60_000 }).toBe(5)
    expect(memory.inversions()).toBe(0)
  })

  test('puts aside an event that the broker refuses, and what follows it in its stream; the others flow on', async () => {
    const memory = new Memory()
    const [poisoned, healthy] = [newId('usr', world.clock()), newId('usr', world.clock())]
    for (let n = 0; n < 3; n += 1) await Promise.all([emit(poisoned), emit(healthy)])
    const events = await eventIdsOf(poisoned)
    memory.refused.set(events[1] ?? '', invalidArgument)
    relayOf(memory, 'discerning')
    await expect.poll(() => memory.arrived([healthy]), { timeout: 60_000 }).toBe(3)
    await expect.poll(() => deadLetters(poisoned), { timeout: 60_000 }).toEqual(events.slice(1))
    expect(memory.published.map((event) => event.eventId).filter((id) => events.includes(id))).toEqual([
      events[0],
    ])
    await Promise.all([emit(poisoned), emit(healthy)])
    await expect.poll(() => memory.arrived([healthy]), { timeout: 60_000 }).toBe(4)
    await expect.poll(() => deadLetters(poisoned), { timeout: 60_000 }).toHaveLength(3)
    expect(memory.arrived([poisoned])).toBe(1)
  })

  test('takes over from one that died after it put an event aside: what came before it goes out', async () => {
    const memory = new Memory()
    const poisoned = newId('usr', world.clock())
    for (let n = 0; n < 3; n += 1) await emit(poisoned)
    const events = await eventIdsOf(poisoned)
    const [, second] = await rowsOf(poisoned)
    if (second === undefined) throw new Error('There is no second event.')
    await buryEvent(world.workerDb, second, 'refused')
    relayOf(memory, 'heir')
    await expect.poll(() => deadLetters(poisoned), { timeout: 60_000 }).toEqual(events.slice(1))
    await expect.poll(() => memory.arrived([poisoned]), { timeout: 60_000 }).toBe(1)
    expect(memory.inversions()).toBe(0)
  })

  test('overtakes nothing that is replayed while it has what follows in hand', async () => {
    const memory = new Memory()
    const poisoned = newId('usr', world.clock())
    for (let n = 0; n < 2; n += 1) await emit(poisoned)
    const [first, second] = await rowsOf(poisoned)
    if (first === undefined || second === undefined) throw new Error('There are no two events.')
    await buryEvent(world.workerDb, first, 'refused')
    const replayed = { tenantId: world.acme, orderingKey: streamKey(world.acme, poisoned) }
    // As it stood when the relay read it.
    const inHand = [{ ...second, parked: true }]
    await replayStream({ db: { kysely: world.admin } }, replayed)
    await publishRows(depsOf(memory), inHand, new Set())
    expect(memory.published).toEqual([])
    expect(await deadLetters(poisoned)).toEqual([])
    relayOf(memory, 'patient too')
    await expect.poll(() => memory.arrived([poisoned]), { timeout: 60_000 }).toBe(2)
    expect(memory.inversions()).toBe(0)
  })

  test('keeps the order of a stream that is told on two topics, and puts aside what follows on either', async () => {
    const memory = new Memory()
    const [poisoned, healthy] = [newId('usr', world.clock()), newId('usr', world.clock())]
    const types = ['user.registered', 'password.changed', 'password.changed', 'user.registered'] as const
    for (const type of types) await Promise.all([emit(poisoned, type), emit(healthy, type)])
    const events = await eventIdsOf(poisoned)
    memory.refused.set(events[1] ?? '', invalidArgument)
    relayOf(memory, 'bilingual')
    await expect.poll(() => memory.arrived([healthy]), { timeout: 60_000 }).toBe(4)
    await expect.poll(() => deadLetters(poisoned), { timeout: 60_000 }).toEqual(events.slice(1))
    expect(memory.arrived([poisoned])).toBe(1)
    expect(memory.inversions()).toBe(0)
  })

  test('publishes only the rest again when some streams could not be published for now', async () => {
    const memory = new Memory()
    const keys = Array.from({ length: 8 }, () => newId('usr', world.clock()))
    for (const key of keys) await emit(key)
    const [unlucky] = await eventIdsOf(keys[0] ?? '')
    memory.refused.set(unlucky ?? '', unavailable)
    relayOf(memory, 'thrifty')
    await expect.poll(() => memory.arrived(keys), { timeout: 60_000 }).toBe(7)
    memory.refused.clear()
    await expect.poll(() => memory.arrived(keys), { timeout: 60_000 }).toBe(8)
    const mine = memory.published.filter((event) => keys.some((key) => event.orderingKey.endsWith(key)))
    expect(mine).toHaveLength(8)
  })

  test('stops walking a partition that another relay took, and takes it up when it gets it back', async () => {
    const memory = new Memory()
    const relay = relayOf(memory, 'dispossessed')
    await expect.poll(() => relay.held, { timeout: 60_000 }).toBe(8)
    await world.workerDb.kysely
      .updateTable('iam.relay_lease')
      .set((lease) => ({
        owner: 'thief',
        epoch: lease('epoch', '+', '1'),
        expires_at: new Date(world.clock().getTime() + 3_600_000),
      }))
      .execute()
    const key = newId('usr', world.clock())
    await emit(key)
    relay.nudge()
    await expect.poll(() => relay.held, { timeout: 60_000 }).toBe(0)
    expect(memory.arrived([key])).toBe(0)
    await world.workerDb.kysely
      .updateTable('iam.relay_lease')
      .set({ expires_at: new Date(0) })
      .execute()
    await expect.poll(() => memory.arrived([key]), { timeout: 60_000 }).toBe(1)
  })

  test('waits for an older transaction instead of overtaking it', async () => {
    const memory = new Memory()
    const relay = relayOf(memory, 'careful')
    await expect.poll(() => relay.held, { timeout: 60_000 }).toBe(8)
    const slow = new pg.Client({ connectionString: world.database.urlFor('iam_api') })
    await slow.connect()
    await slow.query('begin')
    await slow.query('select pg_current_xact_id()')
    const key = newId('usr', world.clock())
    await emit(key)
    relay.nudge()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(memory.arrived([key])).toBe(0)
    await slow.query('commit')
    await expect.poll(() => memory.arrived([key]), { timeout: 60_000 }).toBe(1)
    await slow.end()
  })

  test('fences a relay whose lease another one took', async () => {
    const { kysely } = world.workerDb
    const [lease] = await seizeLeases(kysely, { owner: 'first', ttl: 60 }, 1)
    if (lease === undefined) throw new Error('no partition is free')
    await kysely
      .updateTable('iam.relay_lease')
      .set({ expires_at: new Date(0) })
      .where('partition', '=', lease.partition)
      .execute()
    const [taken] = await seizeLeases(kysely, { owner: 'second', ttl: 60 }, 1)
    expect(taken?.partition).toBe(lease.partition)
    expect(await advanceCursor(kysely, lease, { xid: '1', id: '1' })).toBe(false)
    expect(await fetchBatch(kysely, lease, 10)).toBeUndefined()
    expect(await fetchBatch(kysely, taken ?? lease, 10)).toBeDefined()
  })
})
