import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inboxDeadLetterTopic } from '@iam/domain/inbox'
import { newId } from '@iam/domain/kit'
import { type Services, startServers } from '@iam/testkit/servers'
import { testDeployment } from '@iam/testkit/world'
import { sql } from 'kysely'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from 'vitest'
import { type Field, namespace, openField, relayLeaseSeconds } from './fleet/field.ts'
import { Seeded } from './fleet/seeded.ts'
import { Tellers } from './fleet/tellers.ts'
import { changeWeather } from './fleet/weather.ts'
import { Writers } from './fleet/writers.ts'

const rounds = inject('long') ? 150 : 12
const seed = inject('seed') || randomInt(2 ** 31)
const clients = 5
const streams = 24
/** For what a killed worker held of other services' messages to come again, and all else to be done. */
const patience = { timeout: 240_000, interval: 200 }

/**
 * Workers that share the outbox and what other services tell, killed and frozen at any moment while Pub/Sub loses,
 * repeats, delays and refuses: what was committed is published, all of it and in order, and what was told has its
 * effect once.
 */
describe(`workers killed by -9, seed ${seed}`, { timeout: 300_000 + rounds * 60_000 }, () => {
  let services: Services
  let stopServers: () => Promise<void>
  beforeAll(async () => {
    const started = await startServers()
    services = started.services
    stopServers = started.stop
  })
  afterAll(() => stopServers())

  let field: Field
  beforeEach(async () => {
    field = await openField(services)
  })
  afterEach(() => field.close())

  test.each([1, 2, 4])(
    'C251: %i at a time: nothing is lost, all is in order, effects are once',
    async (size) => {
      const { arrivals, emulator, fleet } = field
      const chance = new Seeded(seed + size)
      const aggregates = Array.from({ length: streams }, () => newId('usr', new Date()))
      const writers = new Writers({ db: field.db, tenantId: field.world.acme, aggregates, chance, clients })
      onTestFinished(() => writers.stop())
      const { publisher } = field
      const tellers = new Tellers({ publisher, namespace, region: testDeployment.region, chance })
      const putAside = new Set<string>()
      await field.consume(inboxDeadLetterTopic(namespace), ({ orderingKey }) => putAside.add(orderingKey))
      const tellings: Promise<void>[] = []
      const before = await streamsWritten()
      await fleet.grow(size)
      for (let round = 0; round < rounds; round += 1) {
        changeWeather(emulator.faults, chance)
        tellings.push(tellers.tell())
        const victim = chance.below(size)
        // Before a lease is had again, or after; the frozen come to when theirs is another's.
        await sleep(chance.below(2) === 0 ? chance.below(300) : 1_000 * relayLeaseSeconds + chance.below(600))
        if (chance.fraction() < 0.2) {
          const thaw = fleet.freeze(victim)
          await sleep(1_500 * relayLeaseSeconds)
          thaw()
        } else await fleet.replace(victim)
      }
      emulator.faults.clear()
      await Promise.all([writers.stop(), ...tellings])
      await expect.poll(() => missing(arrivals.counts, writers.committed, before), patience).toEqual([])
      expect(arrivals.outOfTurn).toEqual([])
      for (const orderingKey of writers.committed.keys())
        expect(arrivals.eventIdsOf(orderingKey)).toEqual(await written(orderingKey))
      const { told, nonsense } = tellers
      const events = told.reduce((sum, one) => sum + one.events, 0)
      await expect.poll(takenIn, patience).toBe(events)
      await expect.poll(() => [...putAside].toSorted(), patience).toEqual(nonsense.toSorted())
      expect(await standing(told.map(({ tenantId }) => tenantId))).toEqual(
        told.map(({ slug, name, status }) => ({ slug, name, status })),
      )
      expect(await effectsTwice()).toEqual([])
      const { committed, undone } = writers
      const published = [...committed.values()].reduce((sum, n) => sum + n, 0)
      console.log({ size, rounds, published, undone, repeated: arrivals.repeated, told: events })
    },
  )

  /** Streams of which something is not here yet, or something is that was never committed. */
  function missing(
    here: ReadonlyMap<string, number>,
    committed: ReadonlyMap<string, number>,
    before: ReadonlySet<string>,
  ): string[] {
    const keys = new Set([...here.keys(), ...committed.keys()])
    return [...keys].filter((key) => !before.has(key) && here.get(key) !== committed.get(key))
  }

  /** Streams that have events already. */
  async function streamsWritten(): Promise<ReadonlySet<string>> {
    const rows = await field.world.admin.selectFrom('iam.outbox').select('ordering_key').execute()
    return new Set(rows.map((row) => row.ordering_key))
  }

  async function written(orderingKey: string): Promise<string[]> {
    const rows = await field.world.admin
      .selectFrom('iam.outbox')
      .select('event_id')
      .where('ordering_key', '=', orderingKey)
      .orderBy('sequence')
      .execute()
    return rows.map((row) => row.event_id)
  }

  async function takenIn(): Promise<number> {
    const { n } = await field.world.admin
      .selectFrom('iam.inbox_event')
      .select((count) => count.fn.countAll<string>().as('n'))
      .executeTakeFirstOrThrow()
    return Number(n)
  }

  async function standing(tenantIds: readonly string[]) {
    return field.world.admin
      .selectFrom('iam.directory as d')
      .innerJoin('iam.tenant as t', 't.tenant_id', 'd.tenant_id')
      .select(['d.slug', 't.name', 'd.status'])
      .where('d.tenant_id', 'in', tenantIds)
      .orderBy(sql`substring(d.slug from '[0-9]+')::int`)
      .execute()
  }

  /** What an event of another service brought about more than once: audit names the event by its request. */
  async function effectsTwice() {
    return field.world.admin
      .selectFrom('iam.audit_event')
      .select(['request_id', 'action'])
      .where('request_id', 'like', 'evt_%')
      .groupBy(['request_id', 'action'])
      .having((count) => count.fn.countAll(), '>', 1)
      .execute()
  }
})
