import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { forgetPerson } from '@iam/domain/administration'
import { inTenant, run } from '@iam/domain/db'
import type { Id } from '@iam/domain/kit'
import { findUser, personalOpener, userKeyOf } from '@iam/domain/user'
import { openColdStore } from '@iam/platform/cold-store'
import { testAnchors } from '@iam/testkit/kms'
import {
  logIn,
  noteAudit,
  openWorld,
  sealTrail,
  systemTenant,
  testDeployment,
  type World,
} from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { monthOf, type AuditMonth } from '../audit/index.ts'
import { exportAudit, verifyAuditExport, type ExportedEvent, type ExportedHead } from '../audit-seal/index.ts'
import {
  archiveAuditMonths,
  archivedMonths,
  archivedRows,
  archiveOverdue,
  coldAuditTable,
  hotFrom,
  type AuditColdStore,
} from './index.ts'

const oneDay = 86_400

describe('the cold archive of the audit trail', () => {
  let world: World
  let directory: string
  let cold: AuditColdStore
  let began: Date
  let month: AuditMonth
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    began = new Date(world.clock().getTime() - 3_600_000)
    month = monthOf(world.clock())
    directory = await mkdtemp(join(tmpdir(), 'cold-'))
    cold = await openColdStore({ url: pathToFileURL(directory).href }, coldAuditTable)
  })
  afterEach(async () => {
    await world.close()
    await rm(directory, { recursive: true })
  })

  /** A month of events of two tenants, sealed, and so long ago that it is due. */
  async function monthAgo(): Promise<void> {
    await logIn(world)
    for (const action of ['test.one', 'test.two', 'test.three']) {
      await noteAudit(world, world.acme, action)
      await noteAudit(world, world.globex, action)
    }
    await sealTrail(world)
    await noteAudit(world, world.acme, 'test.four')
    await sealTrail(world)
    await world.testClock.advance(125 * oneDay)
  }

  const archive = async (
    over: { store?: AuditColdStore; owner?: string; rehearsal?: boolean; hotDays?: number } = {},
  ) => {
    const { store = cold, owner = 'a worker', rehearsal = false, hotDays = 90 } = over
    const { workerDb: db, clock } = world
    const deps = {
      db,
      clock,
      store,
      anchors: [testAnchors.auditor.kid],
      rowsPerPart: 3,
      report: () => undefined,
    }
    const which = {
      systemTenantId: await systemTenant(world),
      hotDays,
      owner,
      rehearsal,
      signal: new AbortController().signal,
    }
    return archiveAuditMonths(deps, which)
  }

  const isThere = async () => {
    const name = `iam.audit_event_${month.name.replace('-', '_')}`
    const found = await sql<{ there: boolean }>`select to_regclass(${name}) is not null as there`.execute(
      world.admin,
    )
    return found.rows[0]?.there === true
  }

  const countOf = async (): Promise<number> => {
    const found = await sql<{ n: number }>`
      select count(*)::int as n from iam.audit_event
       where occurred_at >= ${month.from} and occurred_at < ${month.to}`.execute(world.admin)
    return found.rows[0]?.n ?? -1
  }

  async function exported(tenantId: Id<'ten'> = world.acme) {
    const events: ExportedEvent[] = []
    const heads: ExportedHead[] = []
    const sink = {
      event: async (event: ExportedEvent) => void events.push(event),
      head: async (head: ExportedHead) => void heads.push(head),
    }
    const archived = archivedRows({ db: world.workerDb.kysely, store: cold })
    const deps = { db: world.workerDb, clock: world.clock, archived }
    const manifest = await exportAudit(deps, { tenantId, from: began, to: world.clock() }, sink)
    return { manifest, events, heads }
  }

  const verified = async (tenantId: Id<'ten'> = world.acme) =>
    verifyAuditExport(await exported(tenantId), {
      anchors: [testAnchors.auditor.kid],
      issuer: testDeployment.issuer,
      keyOf: (version) => world.secrets.of('audit').byVersion(version),
    })

  test('exports, drops, finds again and proves: the chain is whole across the boundary', async () => {
    await monthAgo()
    const rows = await countOf()
    const before = (await exported()).events
    expect(await archive()).toEqual({ due: 1, archived: 1, rows })
    expect(await isThere()).toBe(false)
    await noteAudit(world, world.acme, 'test.after')
    await sealTrail(world)
    const after = await exported()
    // To the letter: whoever has both exports can compare them as files.
    expect(JSON.stringify(after.events.slice(0, before.length))).toBe(JSON.stringify(before))
    expect(after.events.at(-1)?.action).toBe('test.after')
    for (const tenantId of [world.acme, world.globex])
      expect(await verified(tenantId)).toMatchObject({ holds: true, findings: [], uncovered: 0 })
    const [noted] = await archivedMonths(world.db.kysely)
    expect(noted).toMatchObject({ month, rows, parts: Math.ceil(rows / 3) })
    expect(await hotFrom(world.db.kysely)).toEqual(month.to)
    const audit = await sql`
      select target_id, reason from iam.audit_event where action = 'audit_month.archived'`.execute(
      world.admin,
    )
    expect(audit.rows).toEqual([{ target_id: month.name, reason: `${rows} events` }])
    expect(await archive()).toEqual({ due: 0, archived: 0, rows: 0 })
  })

  test('leaves what is too young, and in a rehearsal everything', async () => {
    await monthAgo()
    const rows = await countOf()
    expect(await archive({ hotDays: 200 })).toEqual({ due: 0, archived: 0, rows: 0 })
    expect(await archive({ rehearsal: true })).toEqual({ due: 1, archived: 0, rows })
    expect([await isThere(), await cold.readManifest(month.name)]).toEqual([true, undefined])
    const overdue = await archiveOverdue(world.workerDb.kysely, { now: world.clock(), hotDays: 90 })
    expect(overdue).toBeGreaterThan(0)
  })

  test('goes on wherever it was cut off, before a write to the store or after it, and nothing is there twice', async () => {
    await monthAgo()
    const rows = await countOf()
    let failures = 0
    for (let step = 0; ; step += 1) {
      const store = failing(cold, Math.floor(step / 2), step % 2 === 0 ? 'before' : 'after')
      const ended = await archive({ store, owner: `worker ${step}` }).catch(
        (error: unknown) => error as Error,
      )
      if (!(ended instanceof Error)) {
        expect(ended).toEqual({ due: 1, archived: 1, rows })
        break
      }
      failures += 1
      expect(ended.message).toBe('The store is away.')
      expect([await isThere(), await archivedMonths(world.db.kysely)]).toEqual([true, []])
    }
    expect(failures).toBeGreaterThan(10)
    expect(await isThere()).toBe(false)
    await sealTrail(world)
    expect(await verified()).toMatchObject({ holds: true })
  })

  const corruptions: [string, (rows: readonly Record<string, unknown>[]) => readonly object[]][] = [
    ['an event is altered', (rows) => rows.map((row) => ({ ...row, action: 'test.other' }))],
    ['an event is missing', (rows) => rows.slice(1)],
    ['an event is there twice', (rows) => [...rows, ...rows.slice(-1)]],
    ['events change places', (rows) => rows.toReversed()],
    [
      'a time is a millisecond off',
      (rows) => rows.map((row) => ({ ...row, occurred_at: off(row['occurred_at']) })),
    ],
  ]
  const off = (time: unknown) => new Date(Date.parse(String(time)) + 1).toISOString()

  test.each(corruptions)('drops nothing when what it reads back is wrong: %s', async (_what, corrupt) => {
    await monthAgo()
    const store: AuditColdStore = {
      ...bound(cold),
      readPart: async (part) =>
        corrupt(await cold.readPart(part)) as Awaited<ReturnType<AuditColdStore['readPart']>>,
    }
    await expect(archive({ store })).rejects.toMatchObject({ name: 'AuditArchiveFault' })
    expect([await isThere(), await archivedMonths(world.db.kysely)]).toEqual([true, []])
    expect(await archive()).toMatchObject({ archived: 1 })
  })

  test('drops nothing that was tampered with in the database before it was copied', async () => {
    await monthAgo()
    const tamper = (action: string) => sql`
      update iam.audit_event set reason = ${action} where tenant_id = ${world.acme} and action = 'test.two'`
    await tamper('tampered').execute(world.admin)
    await expect(archive()).rejects.toThrow('is not as it was sealed')
    expect(await isThere()).toBe(true)
  })

  test('drops nothing that was chained anew, since a head says otherwise', async () => {
    await monthAgo()
    await sql`
      update iam.audit_head_end set chain = sha256(chain) where tenant_id = ${world.acme}`.execute(
      world.admin,
    )
    await expect(archive()).rejects.toThrow('does not cover the ends of the chains')
    expect(await isThere()).toBe(true)
  })

  test('drops nothing while events are not sealed', async () => {
    await monthAgo()
    await sql`
      insert into iam.audit_event (tenant_id, id, occurred_at, actor_type, action, target_type, outcome, mac_key, mac)
      select tenant_id, 'aud_LATE', occurred_at, actor_type, action, target_type, outcome, mac_key, mac
        from iam.audit_event where tenant_id = ${world.acme} and action = 'test.one'`.execute(world.admin)
    await expect(archive()).rejects.toThrow('are sealed')
    expect(await isThere()).toBe(true)
  })

  test('is done once by two workers at the same time', async () => {
    await monthAgo()
    const rows = await countOf()
    const both = await Promise.all([archive({ owner: 'one' }), archive({ owner: 'another' })])
    expect(both.map(({ archived }) => archived).toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(await archivedMonths(world.db.kysely)).toMatchObject([{ rows }])
  })

  test('the database drops no month that is not archived, and none that is young', async () => {
    await monthAgo()
    const drop = (name: string) =>
      sql`select iam.drop_audit_month(${`${name}-01`}::date)`.execute(world.workerDb.kysely)
    await expect(drop(month.name)).rejects.toMatchObject({ code: 'IAM30' })
    const young = monthOf(world.clock())
    await sql`
      insert into iam.audit_archive (month, row_count, parts, manifest, head, archived_at)
      values (${`${young.name}-01`}::date, 0, 0, sha256(''), 0, iam.now())`.execute(world.workerDb.kysely)
    await expect(drop(young.name)).rejects.toMatchObject({ code: 'IAM31' })
    await expect(
      sql`select iam.drop_audit_month(${`${month.name}-01`}::date)`.execute(world.db.kysely),
    ).rejects.toThrow('permission denied')
  })

  test('C257: what was exported of a person is unreadable once they are erased, and still proves', async () => {
    const { user } = await logIn(world)
    await monthAgo()
    await archive()
    const open = async () => {
      const { events } = await exported()
      const event = events.find(({ actorId, personal }) => actorId === user.id && personal !== null)
      const tenantId = world.acme
      const [userKey] = await inTenant(world.db, { tenantId }, (tx) => run(tx, userKeyOf(tenantId, user.id)))
      const opener = personalOpener(world.secrets.of('data'), { userId: user.id, userKey })
      return opener(Buffer.from(event?.personal ?? '', 'hex'), event?.id ?? '')
    }
    expect(await open()).toMatchObject({ network: expect.any(String) as string })
    await inTenant(world.db, { tenantId: world.acme }, async (tx) => {
      const found = await findUser(tx, world.acme, user.id)
      if (found === undefined) throw new Error('There is nobody.')
      const asked = { askedBy: 'service', actor: { type: 'system' }, origin: world.origin } as const
      await forgetPerson(world, tx, { user: found, at: world.clock(), asked })
    })
    expect(await open()).toBeUndefined()
    await sealTrail(world)
    expect(await verified()).toMatchObject({ holds: true, findings: [] })
  })

  test('tells when the cold store lost what the database noted', async () => {
    await monthAgo()
    await archive()
    const [noted] = await archivedMonths(world.db.kysely)
    for (let n = 0; n < (noted?.parts ?? 0); n += 1)
      await rm(join(directory, 'audit_event', month.name, `part-0000${n}.parquet`))
    await expect(exported()).rejects.toMatchObject({ name: 'AuditArchiveFault' })
    await rm(join(directory, 'audit_event', month.name, 'manifest.json'))
    await expect(exported()).rejects.toThrow('is missing in the cold store')
  })
})

function bound(store: AuditColdStore): AuditColdStore {
  return {
    writePart: (part, rows) => store.writePart(part, rows),
    readPart: (part) => store.readPart(part),
    writeManifest: (month, text) => store.writeManifest(month, text),
    readManifest: (month) => store.readManifest(month),
  }
}

/** A store that goes away at its so manyth call: before it did what it was asked, or after. */
function failing(store: AuditColdStore, at: number, when: 'before' | 'after'): AuditColdStore {
  let calls = 0
  const away = async <T>(work: () => Promise<T>): Promise<T> => {
    const isAway = calls === at
    calls += 1
    if (!isAway || when === 'after') {
      const done = await work()
      if (!isAway) return done
    }
    throw new Error('The store is away.')
  }
  const whole = bound(store)
  return {
    writePart: (part, rows) => away(() => whole.writePart(part, rows)),
    readPart: (part) => away(() => whole.readPart(part)),
    writeManifest: (month, text) => away(() => whole.writeManifest(month, text)),
    readManifest: (month) => away(() => whole.readManifest(month)),
  }
}
