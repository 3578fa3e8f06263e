import { auditOf, deliverMails, eventsOf, openWorld, tokenIn, type World } from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { changePassword, requestEmailChange, requestPasswordReset, resetPassword } from '../account/index.ts'
import type { Id } from '../kit/index.ts'
import { logInWithPassword } from '../session/index.ts'
import { mostFailures } from './index.ts'

describe('wrong passwords in a row', () => {
  const worlds: World[] = []
  let world: World
  let userId: Id<'usr'>
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    worlds.push(world)
    userId = (await logIn()).user.id
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  const email = 'ada@acme.example'
  const attempt = (password: string, address = email) =>
    logInWithPassword(world, { tenantId: world.acme, email: address, password, origin: world.origin })
  const logIn = () => attempt(world.demo.password)
  const guess = () => expect(attempt('wrong')).rejects.toMatchObject({ code: 'invalid_credentials' })

  async function failures(): Promise<{ inARow: number; disabled: boolean }> {
    const row = await world.admin
      .selectFrom('iam.login_failure')
      .select(['in_a_row', 'disabled_at'])
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return { inARow: row?.in_a_row ?? 0, disabled: row !== undefined && row.disabled_at !== null }
  }

  /** As if so many had failed already. */
  async function failed(times: number): Promise<void> {
    await guess()
    await world.admin.updateTable('iam.login_failure').set({ in_a_row: times }).execute()
  }

  const locked = async () =>
    (await eventsOf(world, world.acme, userId)).filter(({ type }) => type === 'user.locked')

  test('are counted, and a login ends the row', async () => {
    for (let n = 0; n < 3; n += 1) await guess()
    expect(await failures()).toEqual({ inARow: 3, disabled: false })
    await logIn()
    expect(await failures()).toEqual({ inARow: 0, disabled: false })
  })

  test('C166: a hundred disable the password, which is recorded, told and mailed once', async () => {
    await failed(mostFailures - 1)
    await logIn() // the row ended
    await failed(mostFailures - 1)
    expect(await locked()).toEqual([])
    await guess()
    await guess()
    expect(await failures()).toEqual({ inARow: mostFailures + 1, disabled: true })
    expect(await locked()).toMatchObject([
      { payload: { userId, reason: 'too_many_failures', actor: { type: 'system' } } },
    ])
    const recorded = (await auditOf(world, userId)).filter((action) => action.startsWith('user.locked'))
    expect(recorded).toEqual(['user.locked: too_many_failures'])
    expect(await deliverMails(world)).toMatchObject([
      { to: email, letter: 'account_locked', link: 'https://id.example.test/t/acme/forgotten-password' },
    ])
  })

  test('C166: of many at once exactly one is the hundredth', async () => {
    await failed(mostFailures - 10)
    await Promise.all(Array.from({ length: 30 }, guess))
    expect(await failures()).toEqual({ inARow: mostFailures + 20, disabled: true })
    expect(await locked()).toHaveLength(1)
    expect(await deliverMails(world)).toHaveLength(1)
  })

  test('C167: the right password then gets the same answer, for the same work, as a wrong and an unknown one', async () => {
    const work = async (password: string, address = email) => {
      const before = {
        hashes: world.hasher.count.hashes,
        waits: world.waits.count,
        sent: world.waits.sent.length,
      }
      const error: unknown = await attempt(password, address).catch((refused: unknown) => refused)
      return {
        error: String(error),
        hashes: world.hasher.count.hashes - before.hashes,
        waits: world.waits.count - before.waits,
        statements: world.waits.sent.slice(before.sent).map(({ sql }) => sql),
      }
    }
    const wrong = await work('wrong')
    await failed(mostFailures - 1)
    await guess()
    expect(await work(world.demo.password)).toEqual(wrong)
    expect(await work('wrong')).toEqual(wrong)
    expect(await work('wrong', 'nobody@acme.example')).toEqual(wrong)
  })

  test.each([
    ['that too many failures disabled', { disabled: true, locked: false }],
    ['that an administrator locked', { disabled: false, locked: true }],
    ['that both hold back', { disabled: true, locked: true }],
  ])('C167: a new password chosen by mail opens an account again %s, told once', async (_name, held) => {
    await failed(mostFailures)
    const { admin } = world
    if (held.disabled)
      await admin.updateTable('iam.login_failure').set({ disabled_at: world.clock() }).execute()
    if (held.locked)
      await admin.updateTable('iam.user').set({ status: 'locked' }).where('id', '=', userId).execute()
    const from = { tenantId: world.acme, origin: world.origin }
    await requestPasswordReset(world, { ...from, email, locale: 'en' })
    const token = tokenIn((await deliverMails(world)).at(-1))
    const password = 'another one that is long enough'
    await resetPassword(world, { ...from, token, password })
    expect(await failures()).toEqual({ inARow: 0, disabled: false })
    const events = await eventsOf(world, world.acme, userId)
    expect(events.filter(({ type }) => type === 'user.unlocked')).toMatchObject([
      { payload: { userId, reason: 'password_reset' } },
    ])
    const recorded = (await auditOf(world, userId)).filter((action) => action.startsWith('user.unlocked'))
    expect(recorded).toEqual(['user.unlocked: password_reset'])
    expect((await attempt(password)).user.id).toBe(userId)
  })

  test('C166: whoever holds a session counts alike when they guess the password of it', async () => {
    const { accessToken } = await logIn()
    const { userId } = verifyAccessToken(world, accessToken)
    const from = { tenantId: world.acme, userId, authTime: 0, origin: world.origin }
    const ask = (password: string) =>
      requestEmailChange(world, { ...from, email: 'new@acme.example', password })
    await expect(ask('wrong')).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(await failures()).toEqual({ inARow: 1, disabled: false })
    await failed(mostFailures - 1)
    await expect(ask('wrong')).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(await failures()).toEqual({ inARow: mostFailures, disabled: true })
    await expect(ask(world.demo.password)).rejects.toMatchObject({ code: 'invalid_credentials' })
    const change = { sessionId: 'ses_X' as const, currentPassword: world.demo.password }
    await expect(
      changePassword(world, { ...from, ...change, newPassword: 'another one that is long enough' }),
    ).rejects.toMatchObject({ code: 'invalid_credentials' })
  })
})
