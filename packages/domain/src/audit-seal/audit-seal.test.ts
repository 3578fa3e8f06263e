import { forgetPerson } from '@iam/domain/administration'
import { appendAudit } from '@iam/domain/audit'
import { inTenant, run } from '@iam/domain/db'
import type { Id } from '@iam/domain/kit'
import { holdLease, releaseLease, type HeldLease } from '@iam/domain/lease'
import { findUser } from '@iam/domain/user'
import { testAnchors } from '@iam/testkit/kms'
import { logIn, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { readEvent, writeEvent } from './audit-export.ts'
import { chainLink, chainStart } from './chain.ts'
import {
  auditSealingState,
  exportAudit,
  headStoreIn,
  sealAudit,
  signAuditHead,
  verifyAuditExport,
  type AuditExport,
  type ExportedEvent,
  type ExportedHead,
  type VerifyAudit,
} from './index.ts'

class MemoryStore {
  readonly objects = new Map<string, Buffer>()
  failing = false

  async read(name: string) {
    const body = this.objects.get(name)
    return body && { body, generation: '1' }
  }

  async write(name: string, body: Buffer): Promise<string> {
    if (this.failing) throw new Error('The store is away.')
    if (this.objects.has(name)) throw new Error('It is there already.')
    this.objects.set(name, body)
    return '1'
  }
}

describe('the sealed audit trail', () => {
  let world: World
  let lease: HeldLease
  let store: MemoryStore
  let from: Date
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    from = new Date(world.clock().getTime() - 3_600_000)
    store = new MemoryStore()
    lease = await leaseOf('a sealer')
  })
  afterEach(() => world.close())

  async function leaseOf(owner: string): Promise<HeldLease> {
    const held = await holdLease(world.workerDb.kysely, { name: 'audit', owner, ttl: 86_400 })
    if (held === undefined) throw new Error('Somebody else seals.')
    return held
  }

  const note = (tenantId: Id<'ten'>, action: string) => {
    const at = world.clock()
    const actor = { type: 'system' } as const
    const audit = appendAudit({ tenantId, at, actor, action, target: { type: 'test' }, outcome: 'success' })
    return inTenant(world.db, { tenantId }, (tx) => run(tx, audit))
  }

  const sealing = () => ({ db: world.workerDb, lease })

  /** Until nothing waits: transactions of other tests on this server hold events back. */
  const sealAll = async (): Promise<void> => {
    const look = async () => {
      await sealAudit(sealing())
      return unsealed()
    }
    await expect.poll(look, { timeout: 60_000 }).toBe(0)
  }

  async function unsealed(): Promise<number> {
    const found = await sql<{ n: number }>`
      select (select count(*) from iam.audit_event)::int - (select count(*) from iam.audit_seal)::int as n`.execute(
      world.admin,
    )
    return found.rows[0]?.n ?? -1
  }

  function signing() {
    const { clock, workerDb: db } = world
    const signer = testAnchors.auditor
    return { db, clock, lease, deployment: testDeployment, signer, headStore: headStoreIn(store) }
  }

  async function minute(...actions: string[]): Promise<void> {
    for (const action of actions) {
      await note(world.acme, action)
      await note(world.globex, action)
    }
    await sealAll()
    await signAuditHead(signing())
    await world.testClock.advance(60)
  }

  async function exported(tenantId: Id<'ten'> = world.acme): Promise<AuditExport> {
    const events: ExportedEvent[] = []
    const heads: ExportedHead[] = []
    const sink = {
      event: async (event: ExportedEvent) => void events.push(event),
      head: async (head: ExportedHead) => void heads.push(head),
    }
    const span = { tenantId, from, to: world.clock() }
    const manifest = await exportAudit({ db: world.workerDb, clock: world.clock }, span, sink)
    // As it comes back from files.
    return JSON.parse(JSON.stringify({ manifest, events, heads })) as AuditExport
  }

  const pinned: VerifyAudit = { anchors: [testAnchors.auditor.kid], issuer: testDeployment.issuer }
  const withMac = (): VerifyAudit => ({
    ...pinned,
    keyOf: (version) => world.secrets.of('audit').byVersion(version),
  })
  const verified = async (how: VerifyAudit = pinned) => verifyAuditExport(await exported(), how)

  test('C258: holds as it was written, for each tenant, and with its macs', async () => {
    await logIn(world)
    await minute('test.one', 'test.two')
    await minute()
    await minute('test.three')
    const { findings, uncovered, events, heads } = await verified(withMac())
    expect({ findings, uncovered, heads }).toEqual({ findings: [], uncovered: 0, heads: 3 })
    expect(events).toBeGreaterThan(4)
    expect(await verifyAuditExport(await exported(world.globex), withMac())).toMatchObject({ holds: true })
    expect(store.objects.size).toBe(3)
  })

  const alter = (events: readonly ExportedEvent[]) =>
    events.map((event) => (event.action === 'test.two' ? { ...event, action: 'test.2' } : event))

  function rechained(tenantId: string, events: readonly ExportedEvent[]): ExportedEvent[] {
    let prev = chainStart(tenantId)
    return events.map((event, n) => {
      prev = chainLink(prev, n + 1, readEvent(event))
      return writeEvent(readEvent(event), { seq: n + 1, chain: prev })
    })
  }

  /** The export with other events or heads, and a manifest that says so. */
  const having = (whole: AuditExport, other: Partial<AuditExport>): AuditExport => {
    const { manifest, events, heads } = { ...whole, ...other }
    return { manifest: { ...manifest, events: events.length, heads: heads.length }, events, heads }
  }

  /** What somebody does to an export, who has nothing but it, and what is found. */
  const tampered: [string, (whole: AuditExport) => AuditExport, string][] = [
    ['an event is altered', (all) => having(all, { events: alter(all.events) }), 'event_altered'],
    [
      'an event is taken out',
      (all) => having(all, { events: all.events.filter(({ action }) => action !== 'test.two') }),
      'event_missing',
    ],
    [
      'two events change places',
      (all) => having(all, { events: [...all.events.slice(0, -2), ...all.events.slice(-2).toReversed()] }),
      'event_out_of_order',
    ],
    [
      'the last event is cut off',
      (all) => having(all, { events: all.events.slice(0, -1) }),
      'events_cut_off',
    ],
    [
      'an event is invented, and everything behind it chained anew',
      (all) => {
        const [first, ...others] = all.events
        const invented = { ...(first as ExportedEvent), id: 'aud_INVENTED', action: 'test.invented' }
        const events = [first as ExportedEvent, invented, ...others]
        return having(all, { events: rechained(all.manifest.tenantId, events) })
      },
      'chain_rewritten',
    ],
    [
      'an event is altered, and everything behind it chained anew',
      (all) => having(all, { events: rechained(all.manifest.tenantId, alter(all.events)) }),
      'chain_rewritten',
    ],
    [
      'the last event and the last heads are cut off',
      (all) => having(all, { events: all.events.slice(0, -1), heads: all.heads.slice(0, -2) }),
      'heads_cut_off',
    ],
    ['a head is taken out', (all) => having(all, { heads: all.heads.toSpliced(1, 1) }), 'head_missing'],
    [
      'the ends of the chain are left out',
      (all) => having(all, { heads: all.heads.map((head) => ({ ...head, end: null, proof: [] })) }),
      'event_not_covered',
    ],
    [
      'every event is left out, and every head says that there is no chain',
      (all) => {
        const heads = all.heads.map((head) => ({ ...head, end: null, proof: [] }))
        return having(all, { events: [], heads })
      },
      'nothing_proved',
    ],
    [
      'the end of the chain is another below a head',
      (all) => {
        const other = (head: ExportedHead) => head.end && { ...head.end, chain: '00'.repeat(32) }
        return having(all, { heads: all.heads.map((head) => ({ ...head, end: other(head) })) })
      },
      'head_not_proved',
    ],
    [
      'it is said to be another tenant’s',
      (all) => having(all, { manifest: { ...all.manifest, tenantId: 'ten_OTHER' } }),
      'event_of_another_tenant',
    ],
    [
      'it says more than it has',
      (all) => ({ ...all, manifest: { ...all.manifest, events: 1000 } }),
      'manifest_wrong',
    ],
  ]

  test('C258: every way to tamper with an export is found from it alone', async () => {
    await minute('test.one', 'test.two')
    await world.testClock.advance(900)
    await minute()
    await minute('test.three', 'test.four')
    await minute()
    await world.testClock.advance(240)
    await minute()
    const whole = await exported()
    expect((await verifyAuditExport(whole, pinned)).findings).toEqual([])
    for (const [what, tamper, fault] of tampered) {
      const { holds, findings } = await verifyAuditExport(tamper(whole), pinned)
      expect({ what, holds, faults: findings.map((finding) => finding.fault) }).toEqual({
        what,
        holds: false,
        faults: expect.arrayContaining([fault]) as string[],
      })
    }
    const stranger = await verifyAuditExport(whole, { anchors: [testAnchors.stranger.kid] })
    expect(stranger.findings[0]).toEqual({ fault: 'head_not_signed', head: 1 })
  })

  /** What the owner of the database may do to the tables themselves, where no rule binds them. */
  const byOwner: [string, (tenantId: string) => ReturnType<typeof sql>, string][] = [
    [
      'an event is altered',
      (tenantId) =>
        sql`update iam.audit_event set outcome = 'refused' where tenant_id = ${tenantId} and action = 'test.two'`,
      'event_altered',
    ],
    [
      'an event is deleted',
      (tenantId) => sql`delete from iam.audit_event where tenant_id = ${tenantId} and action = 'test.two'`,
      'event_missing',
    ],
    [
      'an event and its seal are deleted',
      (tenantId) => sql`
        with gone as (
          delete from iam.audit_event where tenant_id = ${tenantId} and action = 'test.one' returning id
        ) delete from iam.audit_seal where audit_id in (select id from gone)`,
      'event_missing',
    ],
    [
      'two events change places',
      (tenantId) => sql`
        update iam.audit_seal s set audit_id = o.audit_id, occurred_at = o.occurred_at from iam.audit_seal o
         where s.tenant_id = ${tenantId} and o.tenant_id = s.tenant_id and s.seq in (1, 2) and o.seq = 3 - s.seq`,
      'event_altered',
    ],
    [
      'the tail is cut off, with its seals and the end of its chain',
      (tenantId) => sql`
        with gone as (
          delete from iam.audit_event where tenant_id = ${tenantId} and action = 'test.three' returning id
        ), seals as (
          delete from iam.audit_seal where audit_id in (select id from gone) returning seq
        ) update iam.audit_chain c set seq = s.seq, chain = s.chain from iam.audit_seal s
           where c.tenant_id = ${tenantId} and s.tenant_id = c.tenant_id
             and s.seq = (select min(seq) - 1 from seals)`,
      'events_cut_off',
    ],
    [
      'an event is invented, with a seal of its own',
      (tenantId) => sql`
        with made as (
          insert into iam.audit_event
            (tenant_id, id, occurred_at, actor_type, action, target_type, outcome, mac_key, mac)
          select tenant_id, 'aud_INVENTED', occurred_at, 'user', 'test.invented', 'test', 'success', mac_key, mac
            from iam.audit_event where tenant_id = ${tenantId} and action = 'test.three'
          returning tenant_id, id, occurred_at
        ) insert into iam.audit_seal (tenant_id, seq, audit_id, occurred_at, chain, head)
          select m.tenant_id, s.seq + 1, m.id, m.occurred_at, s.chain, s.head
            from made m, (select seq, chain, head from iam.audit_seal where tenant_id = ${tenantId}
                           order by seq desc limit 1) s`,
      'event_altered',
    ],
  ]

  test.each(byOwner)('C258: as the owner of the database: %s, and the export shows it', async (...given) => {
    const [, act, fault] = given
    await minute('test.one', 'test.two')
    await minute('test.three')
    expect((await verified()).findings).toEqual([])
    await world.admin.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx)
      await act(world.acme).execute(tx)
    })
    const { holds, findings } = await verified()
    expect({ holds, faults: findings.map((finding) => finding.fault) }).toEqual({
      holds: false,
      faults: expect.arrayContaining([fault]) as string[],
    })
  })

  test('C258: the trail goes on after a chain was rewritten in the database, and older heads tell', async () => {
    await minute('test.one', 'test.two')
    await minute('test.three')
    const whole = await exported()
    const events = rechained(world.acme, alter(whole.events))
    await world.admin.transaction().execute(async (tx) => {
      await sql`
        update iam.audit_event set action = 'test.2'
         where tenant_id = ${world.acme} and action = 'test.two'`.execute(tx)
      for (const { seq, chain } of events) {
        const link = Buffer.from(chain, 'hex')
        await sql`
          update iam.audit_seal set chain = ${link} where tenant_id = ${world.acme} and seq = ${seq}`.execute(
          tx,
        )
        await sql`update iam.audit_chain set seq = ${seq}, chain = ${link} where tenant_id = ${world.acme}`.execute(
          tx,
        )
      }
    })
    await minute('test.four')
    const { holds, findings } = await verified()
    expect({ holds, first: findings[0] }).toMatchObject({
      holds: false,
      first: { fault: 'chain_rewritten', head: 1 },
    })
  })

  test('C258: an event that was invented before it was sealed is found by its mac', async () => {
    await note(world.acme, 'test.one')
    await sql`
      insert into iam.audit_event (tenant_id, id, occurred_at, actor_type, action, target_type, outcome, mac_key, mac)
      select tenant_id, 'aud_INVENTED', occurred_at, actor_type, 'test.invented', target_type, outcome, mac_key, mac
        from iam.audit_event where tenant_id = ${world.acme} and action = 'test.one'`.execute(world.admin)
    await minute()
    expect(await verified()).toMatchObject({ holds: true })
    expect(await verified(withMac())).toMatchObject({
      holds: false,
      findings: [{ fault: 'mac_wrong', id: 'aud_INVENTED' }],
    })
  })

  test('C257: erasing a person leaves the chain valid: it is over what was sealed, and the key is gone', async () => {
    const { user } = await logIn(world)
    await minute('test.one')
    const { events } = await exported()
    expect(events.some(({ personal }) => personal !== null)).toBe(true)
    await inTenant(world.db, { tenantId: world.acme }, async (tx) => {
      const found = await findUser(tx, world.acme, user.id)
      if (found === undefined) throw new Error('There is nobody.')
      const asked = { askedBy: 'service', actor: { type: 'system' }, origin: world.origin } as const
      await forgetPerson(world, tx, { user: found, at: world.clock(), asked })
    })
    await minute('test.two')
    expect(await verified(withMac())).toMatchObject({ findings: [], uncovered: 0 })
  })

  test('C263: signs no minute to come, whatever the machine’s clock says', async () => {
    const ahead = { ...signing(), clock: () => new Date(world.clock().getTime() + 3_600_000) }
    const head = await signAuditHead(ahead)
    expect(Date.parse(head?.minute ?? '')).toBeLessThanOrEqual(world.clock().getTime())
    await world.testClock.advance(60)
    expect(await signAuditHead(signing())).toMatchObject({ number: 2 })
  })

  test('goes on where it was cut off: a head that was signed and not stored is stored, and no other', async () => {
    await note(world.acme, 'test.one')
    await sealAll()
    store.failing = true
    await expect(signAuditHead(signing())).rejects.toThrow('The store is away')
    expect(await auditSealingState(world.workerDb.kysely)).toMatchObject({ headMinute: 0 })
    store.failing = false
    const { number } = (await signAuditHead(signing())) ?? { number: 1 } // the minute may have passed meanwhile
    expect(store.objects.size).toBe(number)
    await world.testClock.advance(60)
    await minute('test.two')
    expect(await verified()).toMatchObject({ findings: [], heads: number + 1 })
    expect((await auditSealingState(world.workerDb.kysely)).headMinute).toBeGreaterThan(0)
  })

  test('never forks: a sealer whose lease another one took seals and signs nothing', async () => {
    await note(world.acme, 'test.one')
    const old = { seal: sealing(), sign: signing() }
    await releaseLease(world.workerDb.kysely, lease)
    lease = await leaseOf('another sealer')
    await expect(sealAudit(old.seal)).rejects.toThrow('was lost to another worker')
    await expect(signAuditHead(old.sign)).rejects.toThrow('was lost to another worker')
    await minute('test.two')
    expect(await verified()).toMatchObject({ findings: [], heads: 1 })
  })

  test('refuses to go on where somebody else put a head', async () => {
    await minute('test.one')
    const [name = ''] = store.objects.keys()
    await world.admin.updateTable('iam.audit_head').set({ stored: false }).execute()
    store.objects.set(name, Buffer.from('another head'))
    await expect(signAuditHead(signing())).rejects.toThrow('Another audit head stands at')
  })
})
