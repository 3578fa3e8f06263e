import { appendEvent, listParkedStreams, replayStream } from '@iam/domain/outbox'
import { inOneFlight, streamKey } from '@iam/domain/db'
import { newId } from '@iam/domain/kit'
import { type Services, startServers } from '@iam/testkit/servers'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Field, openField } from './fleet/field.ts'

const waiting = { timeout: 120_000, interval: 50 }

/** What cannot be carried is put aside by a running worker, and goes its way through it once it is mended. */
describe('poison', { timeout: 480_000 }, () => {
  let services: Services
  let stopServers: () => Promise<void>
  let field: Field
  beforeAll(async () => {
    const started = await startServers()
    services = started.services
    stopServers = started.stop
    field = await openField(services)
    await field.fleet.grow(2)
  })
  afterAll(async () => {
    await field.close()
    await stopServers()
  })

  async function append(userId: string): Promise<void> {
    const { acme: tenantId, clock } = field.world
    const event = { type: 'user.registered', payload: { userId } } as const
    await inOneFlight(field.db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
      appendEvent({ tenantId, aggregateId: userId, at: clock(), event }),
    ])
  }

  /** Of an event: what an operator, as the administrator of the database, finds wrong or mends. */
  const poisons = [
    ['too large', sql`jsonb_build_object('userId', repeat('x', 10100000))`, sql`event_id`],
    ['an attribute that the broker refuses', sql`payload`, sql`repeat('e', 1025)`],
  ] as const

  test.each(poisons)(
    'C254: an event that is %s waits with what follows it, others flow, and all go out in order when it is mended',
    async (_what, payload, eventId) => {
      const { world, arrivals, db } = field
      const operator = { kysely: world.admin }
      const [poisoned, healthy] = [newId('usr', new Date()), newId('usr', new Date())]
      const key = streamKey(world.acme, poisoned)
      const arrived = (userId: string) => arrivals.counts.get(streamKey(world.acme, userId)) ?? 0
      const eventIds = [1, 2, 3].map(() => newId('evt', new Date()))
      // What is spoilt stays behind the relay's cursor, and is not as consumers expect it.
      onTestFinished(async () => {
        await sql`delete from iam.outbox where ordering_key = ${key} and sequence = 2`.execute(world.admin)
      })
      const spoil = sql`update iam.outbox set payload = ${payload}, event_id = ${eventId}
        where ordering_key = ${key} and sequence = 2`
      // In one transaction, or it might be out before it is spoilt.
      await world.admin.transaction().execute(async (tx) => {
        await sql`
          insert into iam.outbox (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
                                  retention_class)
          select ${world.acme}, (${eventIds}::text[])[n], 'user.registered', 1, now(), ${key}, n,
                 jsonb_build_object('userId', ${poisoned}::text), 'regulated'
            from generate_series(1, 3) n`.execute(tx)
        await sql`insert into iam.outbox_stream values (${world.acme}, ${key}, 3)`.execute(tx)
        await spoil.execute(tx)
      })
      db.eventsCommitted()
      await append(healthy)
      const parked = async () => (await listParkedStreams(operator)).find((one) => one.orderingKey === key)
      await expect.poll(async () => (await parked())?.events, waiting).toBe(2)
      expect((await parked())?.reason).not.toMatch(/behind/)
      await append(poisoned)
      await append(healthy)
      await expect.poll(() => arrived(healthy), waiting).toBe(2)
      await expect.poll(async () => (await parked())?.events, waiting).toBe(3)
      expect(arrived(poisoned)).toBe(1)

      // Not mended: it is put aside again, and nothing overtakes it.
      await replayStream({ db: operator }, { tenantId: world.acme, orderingKey: key })
      await expect.poll(async () => (await parked())?.events, waiting).toBe(3)
      expect(arrived(poisoned)).toBe(1)

      await sql`
        update iam.outbox_dead_letter
           set payload = jsonb_build_object('userId', ${poisoned}::text), event_id = ${eventIds[1]}
         where ordering_key = ${key} and sequence = 2`.execute(world.admin)
      // More is written all the while: it comes behind.
      const more = Promise.all(Array.from({ length: 20 }, () => append(poisoned)))
      await replayStream({ db: operator }, { tenantId: world.acme, orderingKey: key })
      await more
      await expect.poll(() => arrived(poisoned), waiting).toBe(24)
      expect(await parked()).toBeUndefined()
      expect(arrivals.outOfTurn).toEqual([])
    },
  )
})
