import type { Id } from '@iam/domain/kit'
import { startServers } from '@iam/testkit/servers'
import { testAnchors } from '@iam/testkit/kms'
import { logIn, noteAudit, openWorld, sealTrail, testDeployment, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { holdLease } from '../lease/index.ts'
import {
  auditSealingState,
  exportAudit,
  headStoreIn,
  sealAudit,
  signAuditHead,
  verifyAuditExport,
  type ExportedEvent,
  type ExportedHead,
} from './index.ts'

const tables = [
  'audit_archive',
  'audit_chain',
  'audit_event',
  'audit_head',
  'audit_head_end',
  'audit_seal',
  'audit_sealer',
] as const

/** How many transactions the old cluster had behind it, more than the new one. */
const older = 1_000_000

describe('the audit trail after a restore', () => {
  let fresh: Awaited<ReturnType<typeof startServers>>
  let before: World
  let after: World
  let from: Date
  beforeAll(async () => {
    fresh = await startServers()
  })
  afterAll(() => fresh.stop())
  beforeEach(async () => {
    before = await openWorld(inject('services'))
    after = await openWorld(fresh.services)
    from = new Date(before.clock().getTime() - 3_600_000)
  })
  afterEach(async () => {
    await before.close()
    await after.close()
  })

  /** Brings the rows of the trail into the other cluster, as a dump and its restore do: with every column. */
  async function restore(): Promise<void> {
    await after.admin.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx)
      for (const table of tables) {
        const name = sql.table(`iam.${table}`)
        await sql`truncate ${name}`.execute(tx)
        const { rows } = await sql<{ dump: string }>`
          select coalesce(json_agg(t), '[]')::text as dump from ${name} t`.execute(before.admin)
        await sql`
          insert into ${name} select * from json_populate_recordset(null::${name}, ${rows[0]?.dump}::json)`.execute(
          tx,
        )
      }
    })
  }

  async function verified(tenantId: Id<'ten'>) {
    const events: ExportedEvent[] = []
    const heads: ExportedHead[] = []
    const sink = {
      event: async (event: ExportedEvent) => void events.push(event),
      head: async (head: ExportedHead) => void heads.push(head),
    }
    const manifest = await exportAudit(
      { db: after.workerDb, clock: after.clock },
      { tenantId, from, to: after.clock() },
      sink,
    )
    const pins = { anchors: [testAnchors.auditor.kid], issuer: testDeployment.issuer }
    return { exported: events, ...(await verifyAuditExport({ manifest, events, heads }, pins)) }
  }

  async function age(by: number): Promise<void> {
    await sql`update iam.audit_event set xid = (xid::text::bigint + ${by})::text::xid8`.execute(before.admin)
    await sql`
      update iam.audit_sealer
         set cursor_xid = (cursor_xid::text::bigint + ${by})::text::xid8`.execute(before.admin)
  }

  test('goes on at once in a cluster with lower transaction ids, with what was sealed, what was not, and what is new', async () => {
    await logIn(before)
    await noteAudit(before, before.acme, 'test.one')
    await noteAudit(before, before.globex, 'test.one')
    await sealTrail(before)
    await noteAudit(before, before.acme, 'test.unsealed')
    await age(older)
    await restore()
    await noteAudit(after, before.acme, 'test.new')
    await after.testClock.advance(180)
    await sealTrail(after)
    await noteAudit(after, before.acme, 'test.newer')
    await sealTrail(after)
    expect((await auditSealingState(after.workerDb.kysely)).unsealedSeconds).toBe(0)
    const acme = await verified(before.acme)
    expect(acme).toMatchObject({ holds: true, findings: [], uncovered: 0 })
    expect(acme.exported.map(({ action }) => action).filter((action) => action.startsWith('test.'))).toEqual([
      'test.one',
      'test.unsealed',
      'test.new',
      'test.newer',
    ])
    expect(await verified(before.globex)).toMatchObject({ holds: true })
  })

  test('passes over what is sealed once the new cluster has come to the old transaction ids', async () => {
    await noteAudit(before, before.acme, 'test.one')
    await sealTrail(before)
    await noteAudit(before, before.acme, 'test.unsealed')
    // What a cluster is called; those of the tests are copies of one.
    await sql`update iam.audit_sealer set cluster = 'another'`.execute(before.admin)
    // Some ids are below the new cluster's, and some a little above.
    const here = await sql<{ xid: string }>`select pg_current_xact_id()::text as xid`.execute(after.admin)
    const there = await sql<{ xid: string }>`select max(xid)::text as xid from iam.audit_event`.execute(
      before.admin,
    )
    await age(Number(here.rows[0]?.xid) + 40 - Number(there.rows[0]?.xid))
    await restore()
    for (let n = 0; n < 60; n += 1) await noteAudit(after, before.acme, `test.new${n}`)
    await after.testClock.advance(180)
    await sealTrail(after)
    const { exported: events, findings } = await verified(before.acme)
    expect(findings).toEqual([])
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(events.filter(({ action }) => action.startsWith('test.new'))).toHaveLength(60)
    expect(events.filter(({ action }) => action === 'test.unsealed')).toHaveLength(1)
  })

  test('C258: a tenant whose seals were restored from long ago spoils its own proof, and nobody else’s', async () => {
    for (const action of ['test.one', 'test.two', 'test.three']) {
      await noteAudit(after, after.acme, action)
      await noteAudit(after, after.globex, action)
      await sealTrail(after)
    }
    await after.admin.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx)
      await sql`delete from iam.audit_seal where tenant_id = ${after.globex} and head > 1`.execute(tx)
      await sql`
        update iam.audit_chain c set seq = s.seq, chain = s.chain from iam.audit_seal s
         where c.tenant_id = ${after.globex} and s.tenant_id = c.tenant_id
           and s.seq = (select max(seq) from iam.audit_seal where tenant_id = ${after.globex})`.execute(tx)
    })
    await noteAudit(after, after.acme, 'test.four')
    const signed = await sql<{ head: number }>`
      select max(number)::int as head from iam.audit_head`.execute(after.admin)
    await signOnly(after)
    expect(await verified(after.acme)).toMatchObject({ holds: true, findings: [] })
    expect(await verified(after.globex)).toMatchObject({ holds: false })
    expect(signed.rows[0]?.head).toBe(3)
  })
})

/** Seals as far as it goes: what was taken from a chain is never sealed again. */
async function signOnly(world: World): Promise<void> {
  const { workerDb: db } = world
  const lease = await holdLease(db.kysely, { name: 'audit', owner: 'a sealer', ttl: 60 })
  if (lease === undefined) throw new Error('Somebody else seals.')
  while ((await auditSealingState(db.kysely)).unsealedSeconds > 0) await sealAudit({ db, lease })
  const headStore = headStoreIn({ read: async () => undefined, write: async () => '1' })
  await signAuditHead({
    db,
    lease,
    deployment: testDeployment,
    signer: testAnchors.auditor,
    headStore,
  })
  await world.testClock.advance(60)
}
