import { logIn, openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { slotsPerList } from '../status-list-token/index.ts'
import { takeStatusSlot } from './take-status-slot.ts'

describe('slots of the status lists', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const grant = (grantId: string) => ({
    tenantId: world.acme,
    grantId,
    endsAt: new Date(world.clock().getTime() + 3_600_000),
  })
  const take = (many: number) =>
    Promise.all(Array.from({ length: many }, (_, n) => takeStatusSlot(world.db.kysely, grant(`grt_${n}`))))

  test('are of every list that is open, and of no other', async () => {
    await sql`insert into iam.status_list (shard) values (2)`.execute(world.admin)
    const early = await take(64)
    expect(new Set(early.map(({ shard }) => shard))).toEqual(new Set([0, 1]))
    expect(early.every(({ slot }) => slot >= 0 && slot < slotsPerList)).toBe(true)
    await sql`update iam.status_list set opens_at = iam.now() where shard = 2`.execute(world.admin)
    expect(new Set((await take(128)).map(({ shard }) => shard))).toEqual(new Set([0, 1, 2]))
  })

  test('carry the transaction that revoked them, so that whoever publishes them misses none', async () => {
    await logIn(world)
    const entries = () =>
      world.admin.selectFrom('iam.status_list_entry').select(['revoked_at', 'revoked_xid']).execute()
    expect((await entries()).every(({ revoked_xid }) => revoked_xid === null)).toBe(true)
    const { rows } = await sql<{ xid: string }>`
      with one as (select shard, slot from iam.status_list_entry limit 1)
      update iam.status_list_entry e set revoked_at = ${world.clock()} from one
       where e.shard = one.shard and e.slot = one.slot
      returning pg_current_xact_id()::text as xid`.execute(world.admin)
    const revoked = (await entries()).filter(({ revoked_at }) => revoked_at !== null)
    expect(revoked.map(({ revoked_xid }) => String(revoked_xid))).toEqual(rows.map(({ xid }) => xid))
  })
})
