import { auditOf, eventsOf, logIn, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { logInWithPassword } from './index.ts'

describe('logInWithPassword', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const attempt = (email: string, password: string, tenantId = world.acme) =>
    logInWithPassword(world, { tenantId, email, password, origin: world.origin })

  /** What an attempt costs and leaves behind. */
  async function workOf(email: string, password: string) {
    const hashes = world.hasher.count.hashes
    const waits = world.waits.count
    const nudges = world.commits.count
    const rows = await countRecords()
    const refusal = await attempt(email, password).then(
      () => undefined,
      (error: unknown) => error,
    )
    const after = await countRecords()
    return {
      refusal,
      hashes: world.hasher.count.hashes - hashes,
      waits: world.waits.count - waits,
      nudges: world.commits.count - nudges,
      audit: after.audit - rows.audit,
      outbox: after.outbox - rows.outbox,
    }
  }

  async function countRecords() {
    const [audit, outbox] = await Promise.all(
      (['iam.audit_event', 'iam.outbox'] as const).map((table) =>
        world.admin
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<string>().as('n'))
          .executeTakeFirstOrThrow(),
      ),
    )
    return { audit: Number(audit?.n), outbox: Number(outbox?.n) }
  }

  async function setStatus(email: string, status: string) {
    await world.admin.updateTable('iam.user').set({ status }).where('email', '=', email).execute()
  }

  test('opens a session and records it in audit and outbox', async () => {
    const opened = await logIn(world)
    expect(opened).toMatchObject({
      expiresIn: 900,
      refreshExpiresIn: 3600,
      user: { email: 'ada@acme.example' },
    })
    const token = verifyAccessToken(world, opened.accessToken)
    expect(token).toMatchObject({ tenantId: world.acme, userId: opened.user.id })
    expect(await eventsOf(world, world.acme, opened.session.id)).toMatchObject([
      {
        type: 'session.created',
        sequence: 1,
        payload: { sessionId: opened.session.id, userId: opened.user.id },
      },
    ])
    expect((await eventsOf(world, world.acme, opened.user.id)).at(-1)).toMatchObject({
      type: 'user.login_succeeded',
      payload: { sessionId: opened.session.id, amr: ['pwd'] },
    })
    expect(await auditOf(world, opened.session.id)).toEqual(['user.login_succeeded: first_login'])
  })

  test('takes the address in any case and with space around it', async () => {
    const opened = await attempt('  Ada@ACME.example ', world.demo.password)
    expect(opened.user.email).toBe('ada@acme.example')
  })

  test('C165: refuses an unknown address, a wrong password and a wrong password of a suspended user alike', async () => {
    await attempt('nobody@acme.example', 'wrong').catch(() => undefined) // statements are planned once
    const unknown = await workOf('nobody@acme.example', 'wrong horse battery staple')
    const wrong = await workOf('ada@acme.example', 'wrong horse battery staple')
    await setStatus('ada@acme.example', 'suspended')
    const suspended = await workOf('ada@acme.example', 'wrong horse battery staple')
    await setStatus('ada@acme.example', 'active')
    expect(unknown.refusal).toMatchObject({ code: 'invalid_credentials' })
    expect(unknown).toMatchObject({ hashes: 1, waits: 3, nudges: 1, audit: 1, outbox: 1 })
    expect(wrong).toEqual(unknown)
    expect(suspended).toEqual(unknown)
  })

  test('tells a suspended user so only after the right password', async () => {
    await setStatus('ada@acme.example', 'suspended')
    const { refusal } = await workOf('ada@acme.example', world.demo.password)
    await setStatus('ada@acme.example', 'active')
    expect(refusal).toMatchObject({ code: 'user_suspended' })
  })

  test("does not find one tenant's people in another", async () => {
    await expect(attempt('ada@acme.example', world.demo.password, world.globex)).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
  })

  test('keeps no address of an unknown person, only its keyed hash, the same for the same address', async () => {
    await attempt('Stranger@acme.example', 'x').catch(() => undefined)
    await attempt('stranger@ACME.example', 'y').catch(() => undefined)
    const rows = await world.admin
      .selectFrom('iam.audit_event')
      .select(['subject_hmac', 'target_id', 'personal', 'reason'])
      .where('action', '=', 'user.login_failed')
      .where('target_id', 'is', null)
      .orderBy('xid', 'desc')
      .limit(2)
      .execute()
    expect(rows[0]?.subject_hmac).toEqual(rows[1]?.subject_hmac)
    expect(JSON.stringify(rows)).not.toContain('stranger')
  })

  test('makes at most 64 streams for addresses that nobody has', async () => {
    await attempt('somebody.else@acme.example', 'x').catch(() => undefined)
    const streams = await world.admin
      .selectFrom('iam.outbox_stream')
      .select('ordering_key')
      .where('ordering_key', 'not like', '%:usr_%')
      .where('ordering_key', 'not like', '%:ses_%')
      .where('tenant_id', '=', world.acme)
      .execute()
    expect(streams.length).toBeGreaterThan(0)
    for (const stream of streams)
      expect(stream.ordering_key).toMatch(/^ten_\w{26}:unknown_([1-5]?\d|6[0-3])$/)
  })

  test('issues nothing while no key can sign, and leaves nothing behind', async () => {
    const keys = world.signingKeys.all()
    world.signingKeys.replace([], 0)
    const before = await countRecords()
    await expect(logIn(world)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    world.signingKeys.replace(keys, 0)
    expect(await countRecords()).toEqual(before)
  })
})
