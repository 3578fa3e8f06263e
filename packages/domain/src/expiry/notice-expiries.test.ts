import { openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { findDirectoryEntry } from '../tenant/index.ts'
import { noticeExpiries } from './notice-expiries.ts'
import { type Expiring, stepsReached } from './steps.ts'

const day = 86_400_000

describe('notices of ends', () => {
  let world: World
  let tenantId: Parameters<typeof noticeExpiries>[1]['tenantId']
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    const system = await findDirectoryEntry(world.workerDb.kysely, 'system')
    if (system === undefined) throw new Error('There is no system tenant.')
    tenantId = system.tenantId
  })
  afterAll(() => world.close())

  const start = new Date()
  const after = (days: number) => new Date(start.getTime() + days * day)
  /** A key by the name of its thumbprint's beginning. */
  const thing = (name: string, life = 365): Expiring => {
    const id = name.padEnd(43, '0')
    return { kind: 'signing_key', id, beginsAt: start, endsAt: after(life) }
  }
  const notice = async (one: Expiring, days: number, rehearsal = false) => {
    const deps = { db: world.workerDb, clock: () => after(days) }
    const told = await noticeExpiries(deps, { tenantId, things: [one], rehearsal })
    return told.map((step) => step.days)
  }
  const recorded = async (id: string) => {
    const { rows } = await sql<{ days: number }>`
      select (payload->>'days')::int as days from iam.outbox
       where type = 'certificate.expiring' and payload->>'id' = ${id} order by xid, id`.execute(world.admin)
    const audit = await sql`
      select from iam.audit_event where action = 'signing_key.expiring' and target_id = ${id}`.execute(
      world.admin,
    )
    expect(audit.rows).toHaveLength(rows.length)
    return rows.map((row) => row.days)
  }

  test('come once at each step, by audit and event, however often somebody looks', async () => {
    const key = thing('key-a')
    const seen: number[] = []
    for (const days of [0, 304, 305, 306, 320, 335, 336, 357, 358, 359, 364, 365, 400])
      seen.push(...(await notice(key, days)))
    expect(seen).toEqual([60, 30, 7])
    expect(await recorded(key.id)).toEqual([60, 30, 7])
  })

  test('come once from workers that look at the same time', async () => {
    const key = thing('key-b')
    const told = await Promise.all(Array.from({ length: 6 }, () => notice(key, 310)))
    expect(told.flat()).toEqual([60])
    expect(await recorded(key.id)).toEqual([60])
  })

  test('come late when nobody looked in time: the most urgent, and none of those before it', async () => {
    const key = thing('key-c')
    expect(await notice(key, 340)).toEqual([30])
    expect(await notice(key, 310)).toEqual([])
    expect(await notice(key, 363)).toEqual([7])
    expect(await recorded(key.id)).toEqual([30, 7])
  })

  test('are only told of in a rehearsal', async () => {
    const key = thing('key-d')
    expect(await notice(key, 310, true)).toEqual([60])
    expect(await recorded(key.id)).toEqual([])
    expect(await notice(key, 310)).toEqual([60])
  })

  test('come again for the same thing with another end', async () => {
    expect(await notice(thing('key-e'), 310)).toEqual([60])
    expect(await notice(thing('key-e', 370), 315)).toEqual([60])
  })

  test('spare what lives too short for a step', () => {
    const left = (life: number, days: number) => stepsReached(thing('key', life), after(life - days))
    expect(left(7, 3)).toEqual([])
    expect(left(30, 7)).toEqual([7])
    expect(left(90, 20)).toEqual([30])
    expect(left(365, 5)).toEqual([7, 30, 60])
  })
})
