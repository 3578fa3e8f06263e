import { noteLook } from '@iam/domain/breach-audit'
import { composeMail, renameDevice, revokeDevice } from '@iam/domain/account'
import { personOf } from '@iam/domain/data-request'
import { inTenant, run } from '@iam/domain/db'
import { claimMails } from '@iam/domain/mail'
import { gatherPersonalData, personalTables } from '@iam/domain/personal-data'
import { logInBrowserWithPassword } from '@iam/domain/session'
import { findUser, userKeyOf } from '@iam/domain/user'
import {
  deliverMails,
  eventsOf,
  holdDevice,
  holdPasskey,
  openDeviceCall,
  setPolicy,
  tokenIn,
} from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'
import { camelCase, seedWhatIsLeft } from './seed-what-is-left.ts'

/** What is known of the person who is erased, spelt so that it is found nowhere else. */
const canaries = {
  email: 'canary-7f3a@acme.example',
  nextEmail: 'canary-91bc@acme.example',
  agent: 'CanaryBrowser/7.7',
  network: '203.0.113.',
  device: 'the canary phone',
  factor: 'the canary factor',
  registered: 'canary-tablet',
  breach: 'CanaryShop',
}
const password = 'a password that no canary sings'

/** Tables that still have rows of an erased person, each with its reason. */
const stays: Readonly<Record<string, string>> = {
  data_request: 'the receipt of the erasure: ids, times and numbers',
  session: 'that there were sessions, and when; ids and times alone',
  refresh_family: 'of those sessions: ended, ids and keyed hashes alone',
}

describe('C257: a person who was erased', () => {
  let office: Office
  let userId: string
  let accessToken: string
  let refreshToken: string
  let auditBefore: number
  beforeAll(async () => {
    office = await openOffice()
    await live()
  })
  afterAll(() => office.open.close())

  const from = {
    'x-tenant-id': 'acme',
    'user-agent': canaries.agent,
    'x-forwarded-for': `${canaries.network}9`,
  }
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    office.ask(undefined, ['POST', path], { body, headers: { ...from, ...headers } })

  /** Everything that leaves traces of somebody. */
  async function live(): Promise<void> {
    const { world, users } = office
    const { email } = canaries
    const invited = await office.ask('admin', ['POST', users()], {
      body: { email },
      headers: { 'idempotency-key': 'canary' },
    })
    userId = String(invited.body['id'])
    const [mail] = await deliverMails(world)
    await post('/auth/password/reset/confirm', { token: tokenIn(mail), password })
    await post('/auth/register', { email, password })
    const login = await post('/auth/login', { email, password, device: canaries.device })
    accessToken = String(login.body['accessToken'])
    const bearer = { authorization: `Bearer ${accessToken}` }
    await post('/auth/login', { email, password: 'wrong' })
    refreshToken = String(
      (await post('/auth/refresh', { refreshToken: login.body['refreshToken'] })).body['refreshToken'],
    )
    await office.ask(bearer, ['GET', '/auth/session'])
    const origin = { ...world.origin, agent: canaries.agent, network: `${canaries.network}0/24` }
    await logInBrowserWithPassword(world, {
      tenantId: world.acme,
      email,
      password,
      previous: undefined,
      origin,
    })
    await beStolenFrom()
    for (const act of ['suspend', 'reactivate'])
      await office.ask('admin', ['POST', users(`/${userId}/${act}`)])
    const again = await post('/auth/login', { email, password, device: canaries.device })
    accessToken = String(again.body['accessToken'])
    refreshToken = String(again.body['refreshToken'])
    await office.ask({ authorization: `Bearer ${accessToken}` }, ['GET', '/auth/session'])
    await deliverMails(world)
    // These wait in the queue, and one code in its table.
    await post(
      '/me/email',
      { email: canaries.nextEmail, password },
      { authorization: `Bearer ${accessToken}` },
    )
    await deliverMails(world)
    await post(
      '/me/email',
      { email: canaries.nextEmail, password },
      { authorization: `Bearer ${accessToken}` },
    )
    await post('/auth/password/reset/request', { email })
    await setPolicy(world, { magicLinks: true })
    await post('/auth/magic-link/request', { email })
    await deliverMails(world)
    await post('/auth/magic-link/request', { email })
    await post('/auth/password/reset/request', { email })
    // What the mail about this one will say is not known yet.
    await beStolenFrom()
    await office.ask('owner', ['PUT', users(`/${userId}/roles/tenant.admin`)])
    await registerDevices()
    await holdPasskey(world, { tenantId: world.acme, userId: userId as `usr_${string}` })
    await beBreached()
    auditBefore = (await auditOfPerson()).length
  }

  /** A refresh token comes back. */
  async function beStolenFrom(): Promise<void> {
    const { email } = canaries
    const { body } = await post('/auth/login', { email, password, device: canaries.device })
    const { refreshToken: stolen } = body
    await post('/auth/refresh', { refreshToken: stolen })
    await office.world.testClock.advance(11)
    const burnt = await post('/auth/refresh', { refreshToken: stolen })
    expect(burnt.body.code).toBe('refresh_reused')
  }

  /** Their address is found in a breach of another service. */
  async function beBreached(): Promise<void> {
    const { world } = office
    const found = [
      { name: canaries.breach, breachedOn: '2026-01-01', addedAt: world.clock(), hasPasswords: true },
    ]
    const deps = { ...world, db: world.workerDb }
    const person = { tenantId: world.acme, userId: userId as `usr_${string}`, address: canaries.email }
    expect(await noteLook(deps, { ...person, found })).toBe(1)
  }

  /** One that stays, and one that is revoked. */
  async function registerDevices(): Promise<void> {
    const { world } = office
    const call = await openDeviceCall(world, { tenantId: world.acme, email: canaries.email, password })
    const devices = [await holdDevice(world, call), await holdDevice(world, call)]
    for (const { deviceId } of devices)
      await renameDevice(world, { ...call, deviceId, name: canaries.registered })
    await revokeDevice(world, { ...call, deviceId: devices[1]?.deviceId ?? 'dev_' })
  }

  const auditOfPerson = () =>
    office.world.admin
      .selectFrom('iam.audit_event')
      .select(['action', 'actor_id', 'target_id'])
      .where((row) => row.or([row('actor_id', '=', userId), row('target_id', '=', userId)]))
      .execute()

  /** Every table, as text: what is in bytes is there in hexadecimal. */
  async function tables(): Promise<Record<string, string>> {
    const { admin } = office.world
    const names = await sql<{ name: string }>`
      select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'iam' and c.relkind in ('r', 'p') and not c.relispartition`.execute(admin)
    const texts = await Promise.all(
      names.rows.map(async ({ name }) => {
        const rows = await sql<{
          text: string
        }>`select t::text as text from ${sql.table(`iam.${name}`)} t`.execute(admin)
        return [name, rows.rows.map(({ text }) => text).join('\n')] as const
      }),
    )
    return Object.fromEntries(texts)
  }

  /** Everything that this deployment has in Redis. */
  async function redis(): Promise<string> {
    const { client } = office.world.redis
    const prefix = `${office.world.database.name}:`
    const keys = (await client.keys(`${prefix}*`)).map((key) => key.slice(prefix.length))
    const values = keys.map(async (key) => {
      const kind = await client.type(key)
      if (kind === 'string') return client.get(key)
      if (kind === 'hash') return JSON.stringify(await client.hgetall(key))
      throw new Error(`What is a ${kind} in Redis?`)
    })
    return [...keys, ...(await Promise.all(values))].join('\n')
  }

  /** Where something of the person is found: in the clear, or in bytes. */
  async function traces(): Promise<string[]> {
    const places = { ...(await tables()), redis: await redis(), log: JSON.stringify(office.open.logged) }
    return Object.entries(places).flatMap(([place, text]) =>
      Object.entries(canaries)
        .filter(([, value]) => text.includes(value) || text.includes(Buffer.from(value).toString('hex')))
        .map(([name]) => `${place}: ${name}`),
    )
  }

  test('left traces while they were there: otherwise the search below would prove nothing', async () => {
    expect(await traces()).toEqual(
      expect.arrayContaining(['user: email', 'redis: email', 'idempotency_key: email']),
    )
    const waiting = await office.world.admin
      .selectFrom('iam.mail')
      .select('id')
      .where('sent_at', 'is', null)
      .execute()
    expect(waiting.length).toBeGreaterThanOrEqual(2)
  })

  /** What an export has of them, by the registry. */
  async function exported() {
    const { world } = office
    const tenantId = world.acme
    const id = userId as `usr_${string}`
    return inTenant(world.workerDb, { tenantId }, async (tx) => {
      const user = await findUser(tx, tenantId, id)
      if (user === undefined) throw new Error('There is nobody.')
      const [userKey] = await run(tx, userKeyOf(tenantId, id))
      return gatherPersonalData(world, tx, { person: personOf(world, user), userKey })
    })
  }

  test('C256: is found in every store by an export, with every value that is told, and nobody else is', async () => {
    await seedWhatIsLeft(office.world, userId as `usr_${string}`)
    const sections = await exported()
    const unseen = personalTables.flatMap(([table, { section, columns }]) => {
      const records = sections.find(({ name }) => name === section)?.records ?? []
      const told = Object.entries(columns).filter(([, { is }]) => is === 'told' || is === 'opened')
      return told
        .filter(([column]) => !records.some((record) => (record[camelCase(column)] ?? null) !== null))
        .map(([column]) => `${table}.${column}`)
    })
    expect(unseen).toEqual([])
    const text = JSON.stringify(sections)
    expect(Object.values(canaries).filter((canary) => !text.includes(canary))).toEqual([])
    const secrets = await office.world.admin
      .selectFrom('iam.credential')
      .select('hash')
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    expect(text).not.toContain(secrets.hash)
    expect(text).not.toContain('foreign-canary')
    const others = [...new Set(text.match(/usr_[0-9A-Z]{26}/g))].filter((id) => id !== userId)
    expect(others).toEqual([])
  })

  test('is gone from every table, from Redis, the outbox and the log, and so is the key of what is sealed', async () => {
    await office.world.admin
      .updateTable('iam.refresh_family')
      .set({ rotated_from: Buffer.from('as if it had run out before it was ended') })
      .where('user_id', '=', userId)
      .execute()
    const erased = await office.ask('owner', ['DELETE', office.users(`/${userId}`)])
    expect(erased.status).toBe(204)
    expect(await traces()).toEqual([])
    const { admin } = office.world
    const owned = await sql<{ name: string }>`
      select c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'iam' and a.attname = 'user_id' and c.relkind = 'r'`.execute(admin)
    const left = await Promise.all(
      owned.rows.map(async ({ name }) => {
        const rows = await sql`select from ${sql.table(`iam.${name}`)} where user_id = ${userId}`.execute(
          admin,
        )
        return rows.rows.length > 0 ? [name] : []
      }),
    )
    expect(left.flat().toSorted()).toEqual(Object.keys(stays).toSorted())
    const session = await admin
      .selectFrom('iam.session')
      .select(['seen_from', 'name'])
      .where('user_id', '=', userId)
      .execute()
    const families = await admin
      .selectFrom('iam.refresh_family')
      .select('rotated_from')
      .where('user_id', '=', userId)
      .execute()
    expect(new Set(families.map(({ rotated_from }) => rotated_from))).toEqual(new Set([null]))
    expect(session.flatMap((row) => [row.seen_from, row.name]).filter((value) => value !== null)).toEqual([])
  })

  test('gets no mail any more, not even one that waited', async () => {
    expect((await deliverMails(office.world)).map(({ to }) => to)).toEqual([])
  })

  test('is nobody to administrators, and their tokens open nothing', async () => {
    const path = office.users(`/${userId}`)
    for (const act of [
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/reactivate`],
    ] as const) {
      expect((await office.ask('owner', act)).body.code).toBe('not_found')
    }
    expect(await office.session({ authorization: `Bearer ${accessToken}` })).toBe('session_ended')
    expect((await post('/auth/refresh', { refreshToken })).body.code).toBe('invalid_grant')
    expect((await post('/auth/login', { email: canaries.email, password })).body.code).toBe(
      'invalid_credentials',
    )
  })

  test('stays in the audit trail and in the events by their id alone', async () => {
    const rows = await auditOfPerson()
    expect(rows.length).toBeGreaterThan(auditBefore)
    expect(rows.some(({ action }) => action === 'user.erased')).toBe(true)
    const events = await eventsOf(office.world, office.world.acme, userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.erased', payload: { userId, actor: { type: 'user' } } })
  })

  test('is not mailed what was about to be sent, and no code of it is kept', async () => {
    const { world } = office
    const { tenantId, ...person } = await office.fresh()
    const bearer = await office.bearer({ tenantId, ...person })
    const sent = { email: 'next.fresh@acme.example', password: world.demo.password }
    await office.ask(bearer, ['POST', '/me/email'], { body: sent })
    const [confirm] = await deliverMails(world)
    await post('/auth/email/confirm', { token: tokenIn(confirm) })
    await office.ask('admin', ['POST', office.users(`/${person.userId}/suspend`)])
    const { workerDb, ...deps } = world
    const claimed = await claimMails(workerDb.kysely, 100)
    expect(claimed.map(({ template }) => template).toSorted()).toEqual(['account_suspended', 'email_changed'])
    await office.logInAgain('owner')
    expect((await office.ask('owner', ['DELETE', office.users(`/${person.userId}`)])).status).toBe(204)
    for (const mail of claimed)
      expect([mail.template, await composeMail({ ...deps, db: workerDb }, mail)]).toEqual([
        mail.template,
        undefined,
      ])
    const codes = world.admin.selectFrom('iam.one_time_code').select('purpose')
    expect(await codes.where('user_id', '=', person.userId).execute()).toEqual([])
  })

  test('is somebody new when they register again with the same address', async () => {
    expect((await post('/auth/register', { email: canaries.email, password })).status).toBe(202)
    const login = await post('/auth/login', { email: canaries.email, password })
    const subject = (login.body['user'] as { id: string }).id
    expect(subject).toMatch(/^usr_/)
    expect(subject).not.toBe(userId)
  })
})
