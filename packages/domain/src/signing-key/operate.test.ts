import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { holdLease, requireLease } from '../lease/index.ts'
import { inTenant } from '../db/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import {
  compromiseSigningKey,
  generateSigningKey,
  insertSigningKey,
  listSigningKeys,
  loadSigningKeys,
  markPublished,
  rotateSigningKey,
  signingKeyPolicy,
} from './index.ts'

const day = 86_400
const settings = { signFor: 30 * day, verifyAfter: 2 * day, leastLead: day, verifierCache: 600, announce: 60 }
const policy = signingKeyPolicy(settings)

describe('what an operator does to signing keys', () => {
  let world: World
  let systemTenantId: `ten_${string}`
  let active: string
  let standby: string
  let before: number
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
    active = world.signingKeys.signer(world.clock())?.kid ?? ''
    standby = await publishedNow()
    before = (await allTold()).length
  })
  afterEach(() => world.close())

  /** The standby of a new deployment, as if it had been published this moment. */
  async function publishedNow(): Promise<string> {
    const { kid } = await world.admin
      .updateTable('iam.signing_key')
      .set({ published_at: world.clock() })
      .where('state', '=', 'published')
      .returning('kid')
      .executeTakeFirstOrThrow()
    return kid
  }

  const listed = async () => (await listSigningKeys(world.workerDb.kysely)).keys
  const common = () => ({ db: world.workerDb, clock: world.clock, systemTenantId })
  const rotate = (options = {}) => rotateSigningKey({ ...common(), policy }, { alg: 'ES256', ...options })
  const compromise = (kid: string, dryRun = false) =>
    compromiseSigningKey({ ...common(), settings }, { kid, dryRun })
  const signer = async () => {
    const endorsementAnchors = [testAnchors.endorser.kid]
    await loadSigningKeys({
      ...world,
      wrapping: testWrapping,
      deployment: testDeployment,
      endorsementAnchors,
    })
    return world.signingKeys.signer(world.clock())?.kid
  }
  const allTold = async () => {
    const found = await world.admin
      .selectFrom('iam.outbox')
      .select(['type', 'payload'])
      .orderBy('event_id')
      .execute()
    return found.filter(({ type }) => type.startsWith('signing_key.')).map(({ type }) => type)
  }
  const told = async () => (await allTold()).slice(before)
  const states = async () => Object.fromEntries((await listed()).map(({ kid, state }) => [kid, state]))

  test('C260: a standby does not sign before every cache can know it, and the refusal says why', async () => {
    await world.testClock.advance(policy.activationLead - 600)
    await expect(rotate()).rejects.toMatchObject({
      code: 'wrong_state',
      detail: expect.stringContaining(`${policy.activationLead} seconds`) as string,
    })
    expect(await signer()).toBe(active)
    await world.testClock.advance(601)
    const { kid, activateAt } = await rotate({ dryRun: true })
    expect([kid, await told()]).toEqual([standby, []])
    await rotate()
    expect(await signer()).toBe(active)
    expect(activateAt.getTime() - world.clock().getTime()).toBeGreaterThan(0)
    await world.testClock.advance(settings.announce + 1)
    expect(await signer()).toBe(standby)
    expect(await told()).toEqual(['signing_key.activated'])
    await expect(rotate()).rejects.toMatchObject({ detail: expect.stringContaining('No standby') as string })
  })

  test('C24: a key that is given up signs and verifies nothing, and the standby signs at once', async () => {
    const plan = await compromise(active, true)
    expect(await states()).toMatchObject({ [active]: 'active', [standby]: 'published' })
    expect(await compromise(active)).toMatchObject({
      kid: active,
      signer: standby,
      signedSince: plan.signedSince,
    })
    expect(await signer()).toBe(standby)
    expect(world.signingKeys.byKid(active)).toBeUndefined()
    expect((await told()).toSorted()).toEqual(['signing_key.activated', 'signing_key.compromised'])
    const [row] = await world.admin
      .selectFrom('iam.signing_key')
      .select(['state', 'wrapped'])
      .where('kid', '=', active)
      .execute()
    expect(row).toEqual({ state: 'compromised', wrapped: null })
  })

  test('is final: it cannot be done again, undone, or done to a key that there is not', async () => {
    await compromise(active)
    await expect(compromise(active)).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(compromise('none')).rejects.toMatchObject({ code: 'not_found' })
    const revive = world.admin
      .updateTable('iam.signing_key')
      .set({ state: 'active' })
      .where('kid', '=', active)
    await expect(revive.execute()).rejects.toThrow('final')
    expect((await told()).toSorted()).toEqual(['signing_key.activated', 'signing_key.compromised'])
  })

  test('giving the standby up leaves the signing key as it is', async () => {
    expect(await compromise(standby)).toMatchObject({ signer: active, signedSince: undefined })
    expect(await signer()).toBe(active)
    expect(await told()).toEqual(['signing_key.compromised'])
  })

  /** A hand-over is announced, and the next standby has just been published. */
  async function handOver(): Promise<string> {
    await world.testClock.advance(policy.activationLead)
    await rotate()
    const { endorser } = testAnchors
    const made = {
      scope: 'issuer',
      purpose: 'token',
      alg: 'ES256',
      signFor: 30 * day,
      verifyAfter: 2 * day,
    } as const
    const next = await generateSigningKey(
      { ...world, deployment: testDeployment, wrapping: testWrapping, endorser },
      made,
    )
    await insertSigningKey(world.workerDb.kysely, next)
    await markPublished(world.workerDb.kysely, [next.kid])
    return next.kid
  }

  test('during a hand-over the announced key takes over, never one that nobody can know yet', async () => {
    const unknown = await handOver()
    expect(await compromise(active)).toMatchObject({ signer: standby })
    expect(await signer()).toBe(standby)
    expect(await states()).toMatchObject({ [standby]: 'active', [unknown]: 'published' })
  })

  test('giving up the announced key leaves the one that signs, and the newest waits out its lead', async () => {
    const unknown = await handOver()
    expect(await compromise(standby)).toMatchObject({ signer: active })
    expect(await signer()).toBe(active)
    expect(await states()).toMatchObject({ [active]: 'active', [unknown]: 'published' })
  })

  test('without any other key nothing signs, and it says so', async () => {
    await compromise(standby)
    expect(await compromise(active)).toMatchObject({ signer: undefined })
    expect(await signer()).toBeUndefined()
  })

  test('of two operators at once one does it', async () => {
    const done = await Promise.allSettled([compromise(active), compromise(active)])
    expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await told()).toSorted()).toEqual(['signing_key.activated', 'signing_key.compromised'])
  })

  test('a worker that tends the keys meanwhile changes nothing any more in that round', async () => {
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined) throw new Error('not the leader')
    await compromise(active)
    const goOn = inTenant(world.workerDb, { tenantId: systemTenantId }, (tx) => requireLease(tx, lease))
    await expect(goOn).rejects.toThrow('lost')
    expect(await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'worker', ttl: 30 })).toBeDefined()
  })
})
