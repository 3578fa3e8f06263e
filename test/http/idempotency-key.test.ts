import { auditOf, deliverMails } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'

describe('a write under an Idempotency-Key', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())

  const invite = (key: string, email: string, who: 'admin' | 'owner' = 'admin') =>
    office.ask(who, ['POST', office.users()], { body: { email }, headers: { 'idempotency-key': key } })
  const mailed = async () => (await deliverMails(office.world)).map(({ to }) => to)

  test('does a write once, and answers it alike each time', async () => {
    await mailed()
    const [first, second] = [await invite('k1', 'once@acme.example'), await invite('k1', 'once@acme.example')]
    expect(first.status).toBe(201)
    expect(second).toMatchObject({ status: 201, body: first.body })
    expect(second.headers['location']).toBe(first.headers['location'])
    expect(await mailed()).toEqual(['once@acme.example'])
    expect(
      (await auditOf(office.world, String(first.body['id']))).filter((row) => row === 'user.invited'),
    ).toHaveLength(1)
  })

  test('refuses the same key for anything else, and keeps the keys of people and routes apart', async () => {
    await invite('k2', 'two@acme.example')
    expect(await invite('k2', 'three@acme.example')).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    })
    const by = office.people.member.userId
    const suspend = (id: string) =>
      office.ask('admin', ['POST', office.users(`/${id}/suspend`)], { headers: { 'idempotency-key': 'k2' } })
    expect((await suspend(by)).status).toBe(200)
    expect((await suspend(office.people.member2.userId)).body.code).toBe('idempotency_key_reused')
    await office.ask('admin', ['POST', office.users(`/${by}/reactivate`)])
    expect((await invite('k2', 'three@acme.example', 'owner')).status).toBe(201)
  })

  test('twenty at once are one', async () => {
    await mailed()
    const all = await Promise.all(Array.from({ length: 20 }, () => invite('k3', 'twenty@acme.example')))
    expect(new Set(all.map(({ body }) => body['id'] ?? body.code)).size).toBe(1)
    expect(await mailed()).toEqual(['twenty@acme.example'])
  })

  test('keeps nothing of what was refused, and nothing for longer than a day', async () => {
    expect((await invite('k4', office.people.member.email)).body.code).toBe('address_taken')
    expect((await invite('k4', 'four@acme.example')).status).toBe(201)
    await office.world.testClock.advance(86_401)
    await office.logInAgain('admin')
    expect((await invite('k4', 'five@acme.example')).status).toBe(201)
  })

  test.each(['', ' ', 'a b', 'é', 'x'.repeat(256)])('refuses the key %j', async (key) => {
    expect((await invite(key, 'never@acme.example')).body.code).toBe('invalid_request')
  })

  test('C259: what cannot be audited is not done', async () => {
    const person = await office.fresh()
    const { admin } = office.world
    await sql`revoke insert on iam.audit_event from iam_api`.execute(admin)
    try {
      expect((await office.ask('admin', ['POST', office.users(`/${person.userId}/suspend`)])).status).toBe(
        500,
      )
    } finally {
      await sql`grant insert on iam.audit_event to iam_api`.execute(admin)
    }
    const found = await admin
      .selectFrom('iam.user')
      .select('status')
      .where('id', '=', person.userId)
      .executeTakeFirst()
    expect(found?.status).toBe('active')
    expect((await office.ask('admin', ['POST', office.users(`/${person.userId}/suspend`)])).status).toBe(200)
  })
})
