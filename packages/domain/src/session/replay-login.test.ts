import { newId, Refusal } from '@iam/domain/kit'
import { addPerson, openWorld, setPolicy, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { inOneFlight, run } from '../db/index.ts'
import { heldFactorsOf } from '../factor/index.ts'
import { loginsOf } from '../risk/index.ts'
import { findTenantPolicy } from '../tenant/index.ts'
import { authenticateWithPassword } from './authenticate-with-password.ts'
import { clearLogin } from './clear-login.ts'
import { openBrowserSession } from './open-browser-session.ts'
import { replayLogin } from './replay-login.ts'
import { trustBrowser } from './trusted-device.ts'

/** In seconds. */
const day = 86_400

describe('a login that is decided again', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  let people = 0
  async function holder() {
    people += 1
    const person = await addPerson(world, { tenantId: world.acme, email: `holder${people}@acme.example` })
    const { tenantId, userId } = person
    const at = world.clock()
    await world.admin
      .insertInto('iam.factor')
      .values({
        tenant_id: tenantId,
        id: newId('mfa', at),
        user_id: userId,
        kind: 'totp',
        created_at: at,
        confirmed_at: at,
      })
      .execute()
    const [held] = await inOneFlight(world.db, { tenantId }, [heldFactorsOf({ tenantId, userId })])
    return { ...person, held }
  }

  type Holder = Awaited<ReturnType<typeof holder>>

  const authenticate = (person: Holder) =>
    authenticateWithPassword(world, { ...person, password: world.demo.password, origin: world.origin })

  /** What the person's browser keeps when it is trusted now. */
  async function trust(person: Holder): Promise<string> {
    const { passwordOf } = await authenticate(person)
    return trustBrowser(world, { ...person, passwordOf, trustEndedAt: null, origin: world.origin }, undefined)
  }

  /** Comes by a password. @returns what becomes of it. */
  async function come(person: Holder, given: { trusted?: string | undefined; asksForFactor?: boolean }) {
    const { origin } = world
    await world.forget()
    const cleared = clearLogin(world, { login: await authenticate(person), ...given, origin })
    try {
      await openBrowserSession(world, { cleared: await cleared, previous: undefined, origin })
      return 'open'
    } catch (error) {
      if (error instanceof Refusal && error.code === 'mfa_required') return 'challenge'
      throw error
    }
  }

  /** The person's newest login as it would have been decided under the policy that stands. */
  async function replayed(userId: `usr_${string}`) {
    const { acme: tenantId } = world
    const [[login], policy] = await Promise.all([
      run(world.admin, loginsOf({ tenantId, userId, before: undefined, limit: 1 })),
      findTenantPolicy(world.admin, tenantId),
    ])
    if (login === undefined || policy === undefined) throw new Error('There is no login.')
    return replayLogin(policy, login)
  }

  const policies = ['optional', 'required', 'risk', 'off'].flatMap((mfa) =>
    [0, 1, 10, 11, 30, 90].map((trustedDeviceDays) => ({ mfa, trustedDeviceDays })),
  )

  test.each([undefined, 0, 10 * day - 3_600, 10 * day, 29 * day])(
    'comes out as at the gate, in a browser that was trusted %s seconds ago',
    async (ago) => {
      const person = await holder()
      const trusted = ago === undefined ? undefined : await trust(person)
      await world.testClock.advance(ago ?? 0)
      const fates = new Set<string>()
      for (const policy of policies) {
        await setPolicy(world, { mfa: 'off' })
        expect(await come(person, { trusted })).toBe('open')
        await setPolicy(world, { riskChallengeAt: 100, riskRefuseAt: 100, ...policy })
        const again = await replayed(person.userId)
        expect([policy, again]).toEqual([policy, await come(person, { trusted })])
        fates.add(again)
      }
      expect(fates).toEqual(new Set(['challenge', 'open']))
    },
  )

  test('comes out as at the gate for what takes the factor', async () => {
    const person = await holder()
    await setPolicy(world, { mfa: 'off' })
    expect(await come(person, { trusted: await trust(person), asksForFactor: true })).toBe('challenge')
    expect(await replayed(person.userId)).toBe('challenge')
  })
})
