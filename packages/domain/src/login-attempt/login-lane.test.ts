import { openLimiter } from '@iam/platform/limits'
import { openWorld, rotateSecret, type World } from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Refusal } from '../kit/index.ts'
import { logInWithPassword } from '../session/index.ts'
import { knownDevice, rememberDevice } from './known-device.ts'
import { enterLoginLane, inLoginLane, type EnterLoginLane } from './index.ts'

const email = 'ada@acme.example'

describe('the lanes of a login', () => {
  const worlds: World[] = []
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'), { limits: 1 })
    worlds.push(world)
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  let networks = 0
  type How = Partial<EnterLoginLane> & { readonly agent?: string }

  /** A login from a network that nobody used before, by an agent of its own; what it kept is handed in. */
  function loginBy({ agent = `agent ${networks}`, ...how }: How): EnterLoginLane {
    networks += 1
    const network = `10.0.${networks >> 8}.${networks & 255}`
    const origin = { ...world.origin, network: `${network}/24`, agent }
    return { tenantId: world.acme, email, network: `${network}/32`, device: undefined, origin, ...how }
  }

  async function attempt(password: string, how: How = {}): Promise<'in' | 'wrong' | Refusal> {
    const login = loginBy(how)
    try {
      const lane = await enterLoginLane(world, login)
      const { device: _device, ...person } = login
      await inLoginLane(world, lane, () => logInWithPassword(world, { ...person, password }))
      return 'in'
    } catch (error) {
      const refusal = error as Refusal
      return refusal.code === 'invalid_credentials' ? 'wrong' : refusal
    }
  }

  const guess = (how: How = {}) => attempt('wrong', how)
  const logIn = (how: How = {}) => attempt(world.demo.password, how)
  const limited = (by: string) =>
    expect.objectContaining({
      code: 'rate_limited',
      standings: expect.arrayContaining([expect.objectContaining({ limit: by, left: 0 })]) as unknown,
    }) as unknown

  async function guessTimes(times: number, how: () => How = () => ({})): Promise<void> {
    for (let n = 0; n < times; n += 1) expect(await guess(how())).toBe('wrong')
  }

  /** A limit's periods end, in Redis and in this instance. */
  async function lapse(...names: string[]): Promise<void> {
    for (const name of names) {
      const keys = await world.redis.client.keys(`${world.database.name}:iam:limit:${name}:*`)
      for (const key of keys) await world.redis.client.del(key.slice(world.database.name.length + 1))
    }
    world = { ...world, limiter: openLimiter(world.redis.client) }
  }

  /** Ten wrong passwords by strangers, and the minute after. */
  async function strangersFailed(): Promise<void> {
    await guessTimes(10)
    await lapse('login-address')
  }

  test('strangers wait for one another after ten failures: a minute, then twice as long, up to fifteen', async () => {
    await strangersFailed()
    const waits: number[] = []
    for (let n = 0; n < 6; n += 1) {
      expect(await guess()).toBe('wrong')
      const refused = await guess()
      expect(refused).toEqual(limited('login-wait'))
      waits.push(aboutSeconds(refused as Refusal))
      await lapse('login-wait', 'login-address')
    }
    expect(waits).toEqual([60, 120, 240, 480, 900, 900])
  })

  test('of many strangers who have waited one may try', async () => {
    await strangersFailed()
    const tried = await Promise.all(Array.from({ length: 10 }, () => guess()))
    expect(tried.filter((outcome) => outcome === 'wrong')).toHaveLength(1)
  })

  test('an unknown address makes strangers wait alike', async () => {
    const unknown = { email: 'nobody@acme.example' }
    const seen = async (how: How) => {
      const outcomes: unknown[] = []
      for (let n = 0; n < 10; n += 1) outcomes.push(await guess(how))
      await lapse('login-address')
      for (let n = 0; n < 3; n += 1) outcomes.push(await guess(how))
      return outcomes.map((outcome) =>
        typeof outcome === 'string'
          ? outcome
          : [
              aboutSeconds(outcome as Refusal),
              (outcome as Refusal).standings.map(({ resetAfter: _resetAfter, ...standing }) => standing),
            ],
      )
    }
    expect(await seen(unknown)).toEqual(await seen({}))
  })

  test('a login ends the waiting', async () => {
    await strangersFailed()
    expect(await logIn()).toBe('in')
    expect(await guess()).toBe('wrong')
    expect(await guess()).toBe('wrong')
  })

  test('what is refused or cannot be tried is no failure', async () => {
    await guessTimes(9)
    const lane = await enterLoginLane(world, loginBy({}))
    const busy = Promise.reject(new Error('the queue is full'))
    await expect(inLoginLane(world, lane, () => busy)).rejects.toThrow('the queue is full')
    for (let n = 0; n < 20; n += 1) expect(await guess()).toEqual(limited('login-address'))
    await lapse('login-address')
    expect(await guess()).toBe('wrong') // the tenth
    expect(await guess()).toBe('wrong') // the first to make others wait
    expect(await guess()).toEqual(limited('login-wait'))
  })

  test('C167: a browser that logged in before is not kept out by strangers, and they are not helped by it', async () => {
    const device = rememberDevice(world, { tenantId: world.acme, email }, undefined)
    await strangersFailed()
    await guess()
    expect(await logIn()).toEqual(limited('login-wait'))
    for (let n = 0; n < 3; n += 1) expect(await logIn({ device })).toBe('in')
    expect(await guess()).toEqual(limited('login-wait'))
  })

  test('C167: a network that others have used up does not keep a known browser out', async () => {
    const device = rememberDevice(world, { tenantId: world.acme, email }, undefined)
    const network = '192.0.2.7/32'
    let n = 0
    await guessTimes(10, () => ({ network, email: `stranger${(n += 1)}@acme.example` }))
    expect(await logIn({ network })).toEqual(limited('login'))
    expect(await logIn({ network, device })).toBe('in')
  })

  test('C167: an app is known by the network and agent of an earlier login, by that person alone', async () => {
    const { origin } = loginBy({ agent: 'app/1.0 (phone of Ada)' })
    expect(await logIn({ origin })).toBe('in')
    await guessTimes(9)
    expect(await guess()).toEqual(limited('login-address'))
    expect(await logIn({ origin })).toBe('in')
    expect(await logIn({ origin: { ...origin, agent: 'app/1.1' } })).toEqual(limited('login-address'))
    const hank = { email: 'hank@acme.example', origin }
    await guessTimes(10, () => ({ email: hank.email }))
    expect(await guess(hank)).toEqual(limited('login-address'))
  })

  test('C167: devices stay known when the key is rotated that they are known by', async () => {
    const { origin } = loginBy({ agent: 'app/1.0 (phone of Ada)' })
    const device = rememberDevice(world, { tenantId: world.acme, email }, undefined)
    expect(await logIn({ origin })).toBe('in')
    const lagging = await rotateSecret(world, 'fingerprint')
    for (const instance of [world, lagging]) {
      world = instance
      await lapse('login-address')
      await strangersFailed()
      await guess()
      expect(await logIn()).toEqual(limited('login-wait'))
      expect(await logIn({ device })).toBe('in')
      expect(await logIn({ origin })).toBe('in')
    }
  })

  test('C168: a known device has ten logins a minute, and waits for its own failures', async () => {
    const device = rememberDevice(world, { tenantId: world.acme, email }, undefined)
    const tried = await Promise.all(Array.from({ length: 50 }, () => guess({ device })))
    expect(tried.filter((outcome) => outcome === 'wrong')).toHaveLength(10)
    expect(await guess({ device })).toEqual(limited('login-device'))
    await lapse('login-device')
    expect(await guess({ device })).toBe('wrong')
    expect(await logIn({ device })).toEqual(limited('login-wait'))
    expect(await logIn()).toBe('in') // strangers, who did nothing, have failed at nothing
  })

  test('C166: one password tried on everybody from everywhere raises the alarm, once, and locks nobody out', async () => {
    const alarms = async () =>
      (
        await world.admin
          .selectFrom('iam.audit_event')
          .select('target_id')
          .where('action', '=', 'tenant.login_storm')
          .execute()
      ).map((row) => row.target_id)
    const others = Array.from({ length: 300 }, (_, n) => ({ email: `stranger${n}@acme.example` }))
    const tried = await Promise.all(others.map((other) => guess(other)))
    expect(new Set(tried)).toEqual(new Set(['wrong']))
    expect(await alarms()).toEqual([])
    await guessTimes(9)
    expect(await alarms()).toEqual([world.acme])
    expect(await logIn()).toBe('in')
  })

  test('a known device is one person’s at one tenant, for 90 days, and nobody else can make one', () => {
    const ada = { tenantId: world.acme, email }
    const hank = { tenantId: world.acme, email: 'hank@acme.example' }
    const held = rememberDevice(world, ada, undefined)
    const device = knownDevice(world, ada, held)
    expect(device).toMatch(/^[\w-]{16}$/)
    expect(knownDevice(world, hank, held)).toBeUndefined()
    expect(knownDevice(world, { ...ada, tenantId: world.globex }, held)).toBeUndefined()
    for (const forged of [
      '',
      '.',
      'x',
      `${held}x`,
      held.slice(1),
      flipped(held),
      'A'.repeat(43),
      '.'.repeat(9_999),
    ])
      expect(knownDevice(world, ada, forged)).toBeUndefined()
    const both = rememberDevice(world, hank, held)
    expect(knownDevice(world, ada, both)).toBe(device)
    expect(knownDevice(world, hank, both)).not.toBe(device)
    expect(knownDevice(world, ada, rememberDevice(world, ada, both))).toBe(device)
    const later = (days: number) => ({ ...world, clock: () => new Date(Date.now() + days * 86_400_000) })
    expect(knownDevice(later(89), ada, held)).toBe(device)
    expect(knownDevice(later(91), ada, held)).toBeUndefined()
  })

  test('a browser keeps the last five people who logged in there', () => {
    const person = (n: number) => ({ tenantId: world.acme, email: `p${n}@acme.example` })
    let held: string | undefined
    for (let n = 0; n < 7; n += 1) held = rememberDevice(world, person(n), held)
    expect([0, 1, 2, 6].map((n) => knownDevice(world, person(n), held) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ])
    expect(held?.length).toBeLessThan(300)
  })

  test('a person’s origins are the last twenty within 90 days', async () => {
    for (let n = 0; n < 23; n += 1) {
      expect(await logIn()).toBe('in')
      await lapse('login-address')
    }
    const count = async () =>
      (
        await world.admin
          .selectFrom('iam.known_origin')
          .select('id')
          .where('tenant_id', '=', world.acme)
          .execute()
      ).length
    expect(await count()).toBe(20)
    const longAgo = new Date(Date.now() - 91 * 86_400_000)
    await world.admin.updateTable('iam.known_origin').set({ last_seen_at: longAgo }).execute()
    await logIn()
    expect(await count()).toBe(1)
  })
})

/** The seconds to wait, up to the next ten: some have passed on a busy machine. */
function aboutSeconds({ retryAfter = 0 }: Refusal): number {
  return Math.ceil(retryAfter / 10) * 10
}

/** With one bit of the device's id turned. */
function flipped(text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64url')
}
