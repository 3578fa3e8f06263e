import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readHistoricalKeys, type HistoricalKey, type KeySetClaims } from '../key-set/index.ts'
import { holdLease } from '../lease/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import {
  compromiseSigningKey,
  loadSigningKeys,
  publishKeySet,
  tendSigningKeys,
  tokenLines,
  type SigningKeyPolicy,
} from './index.ts'

const day = 86_400
const policy: SigningKeyPolicy = { signFor: 7 * day, verifyAfter: 2 * day, activationLead: day, announce: 60 }

/** A store in memory that can be told to fail. */
class Store {
  document: Buffer | undefined
  generation = 0
  failing = false
  afterRead: () => Promise<void> = async () => undefined

  async read() {
    const stored = this.#stored()
    await this.afterRead()
    return stored
  }

  #stored() {
    return this.document === undefined
      ? undefined
      : { body: this.document, generation: String(this.generation) }
  }

  async write(document: Buffer, ifGeneration: string): Promise<void> {
    if (this.failing) throw new Error('the store is away')
    if (ifGeneration !== String(this.generation)) throw new Error('changed meanwhile')
    this.document = document
    this.generation += 1
  }

  claims(): KeySetClaims {
    const payload = this.document?.toString().split('.')[1] ?? ''
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as KeySetClaims
  }

  kids(): string[] {
    return this.claims().keys.map((key) => key.kid)
  }
}

describe('the life of signing keys', () => {
  let world: World
  const store = new Store()
  const history = new Store()
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  async function round(owner = 'keys'): Promise<string[]> {
    const system = await findDirectoryEntry(world.workerDb.kysely, 'system')
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner, ttl: 30 })
    if (system === undefined || lease === undefined) throw new Error('not the leader')
    const common = {
      db: world.workerDb,
      clock: world.clock,
      lines: tokenLines(['ES256'], testWrapping),
      endorser: testAnchors.endorser,
      publisher: testAnchors.publisher,
      deployment: testDeployment,
      lease,
      systemTenantId: system.tenantId,
    }
    const done = await tendSigningKeys({ ...common, policy, servedKids: async () => new Set() })
    await publishKeySet({
      ...common,
      policy,
      history: { store: history, keepFor: 12 * day },
      keySetStore: store,
      lifetime: 3 * day,
      resignAfter: 3600,
    })
    return done.map((action) => action.do)
  }

  async function signer(): Promise<string | undefined> {
    const { endorser } = testAnchors
    await loadSigningKeys({
      ...world,
      wrapping: testWrapping,
      deployment: testDeployment,
      endorsementAnchors: [endorser.kid],
    })
    return world.signingKeys.signer(world.clock())?.kid
  }

  test('hands over to a standby that verifiers have known for long, and never leaves a gap', async () => {
    await round()
    const seen: (string | undefined)[] = [await signer()]
    const knownSince = new Map<string, number>()
    for (let hour = 0; hour < 24 * 14; hour += 6) {
      await world.testClock.advance(6 * 3600)
      await round()
      for (const kid of store.kids()) if (!knownSince.has(kid)) knownSince.set(kid, hour)
      const kid = await signer()
      expect(kid).toBeDefined()
      expect(store.kids()).toContain(kid)
      if (kid !== seen.at(-1)) {
        // The last one's tokens still verify: it stays in the set.
        expect(store.kids()).toContain(seen.at(-1))
        expect(hour - (knownSince.get(kid ?? '') ?? hour)).toBeGreaterThanOrEqual(24)
        seen.push(kid)
      }
    }
    expect(seen.length).toBeGreaterThanOrEqual(4)
    expect(store.kids().length).toBeLessThanOrEqual(5)
  })

  test('says in the set when the next key is to sign, and keeps that word', async () => {
    let hints = 0
    let current = await signer()
    for (let hour = 0; hour < 24 * 8; hour += 6) {
      const announced = store.claims().next_rotation
      await world.testClock.advance(6 * 3600)
      await round()
      const kid = await signer()
      if (kid === current) continue
      current = kid
      hints += 1
      // It took over in the hours that were told; what is told now is a later turn, or nothing yet.
      const now = world.clock().getTime() / 1000
      expect(announced).toBeGreaterThan(now - 6 * 3600 - 60)
      expect(announced).toBeLessThanOrEqual(now)
      expect(store.claims().next_rotation ?? Infinity).toBeGreaterThan(now)
    }
    expect(hints).toBeGreaterThanOrEqual(1)
  })

  test('C24: names a key that was given up in the set until the end that it was endorsed for', async () => {
    const kid = (await signer()) ?? ''
    const system = await findDirectoryEntry(world.workerDb.kysely, 'system')
    const systemTenantId = system?.tenantId ?? 'ten_none'
    const settings = { ...policy, leastLead: day, verifierCache: 600 }
    await compromiseSigningKey({ db: world.workerDb, clock: world.clock, systemTenantId, settings }, { kid })
    const givenUpAt = Math.floor(world.clock().getTime() / 1000)
    await world.testClock.advance(31)
    await round()
    expect(store.kids()).not.toContain(kid)
    expect(store.claims().revoked).toEqual([kid])
    for (let hour = 0; hour < 24 * 10; hour += 12) {
      await world.testClock.advance(12 * 3600)
      await round()
    }
    expect(store.claims().revoked).toEqual([])
    const given = (await ended()).find((key) => key.kid === kid)
    expect(given).toMatchObject({ revoked: { revoked_at: givenUpAt, reason: 'compromised' } })
  })

  /** The historical keys, as they are read with the key set of now. */
  async function ended(): Promise<readonly HistoricalKey[]> {
    const { history: digest, retired_anchors: retired = [] } = store.claims()
    const read = await readHistoricalKeys(history.document?.toString() ?? '', {
      env: testDeployment.env,
      issuer: testDeployment.issuer,
      anchors: [testAnchors.publisher.kid],
      retired,
      endorsementAnchors: [testAnchors.endorser.kid],
      digest,
    })
    if (typeof read === 'string') throw new Error(read)
    return read
  }

  test('keeps the keys that have ended for whoever verifies what they signed, and not for ever', async () => {
    const kept = await ended()
    const live = store.kids()
    expect(kept.length).toBeGreaterThan(3)
    expect(kept.filter(({ kid }) => live.includes(kid))).toEqual([])
    const retired = await world.admin
      .selectFrom('iam.signing_key')
      .select('kid')
      .where('state', 'in', ['retired', 'destroyed'])
      .where('verify_until', '>', new Date(world.clock().getTime() - 12 * day * 1000))
      .execute()
    expect(retired.length).toBeGreaterThan(2)
    const kids = kept.map(({ kid }) => kid)
    expect(retired.filter(({ kid }) => !kids.includes(kid))).toEqual([])
    const metadata = store.claims().metadata.openid_provider
    expect(metadata.federation_historical_keys_endpoint).toContain('/.well-known/historical-keys.jwt')
    const { generation } = history
    await world.testClock.advance(3601)
    await round()
    expect(history.generation).toBe(generation) // nothing has ended since
    for (let days = 0; days < 25; days += 1) {
      await world.testClock.advance(day)
      await round()
    }
    const later = (await ended()).map(({ kid }) => kid)
    expect(later.filter((kid) => kids.includes(kid))).toEqual([])
    expect(later.length).toBeGreaterThan(3)
  })

  test('changes nothing in the database when the store is away, and goes on when it is back', async () => {
    const states = async () =>
      world.admin.selectFrom('iam.signing_key').select(['kid', 'state']).orderBy('created_at').execute()
    await world.testClock.advance(3601)
    store.failing = true
    const before = await states()
    const { generation } = store
    await expect(round()).rejects.toThrow('away')
    expect(await states()).toEqual(before)
    store.failing = false
    await round()
    expect(store.generation).toBe(generation + 1)
  })

  test('a worker that was held up while another published puts nothing older back', async () => {
    const expire = () =>
      world.admin
        .updateTable('iam.leader_lease')
        .set({ expires_at: new Date(0) })
        .execute()
    store.afterRead = async () => {
      store.afterRead = async () => undefined
      await expire()
      await round('successor')
      await expire()
    }
    await world.testClock.advance(3601)
    const { generation } = store
    await expect(round()).rejects.toThrow('lost to another worker')
    expect(store.generation).toBe(generation + 1)
    const newest = await world.admin
      .selectFrom('iam.key_set_version')
      .select('document')
      .orderBy('version', 'desc')
      .executeTakeFirst()
    expect(store.document?.toString()).toBe(newest?.document)
    await round()
  })

  test('lets one worker lead, and fences one that was replaced', async () => {
    const { kysely } = world.workerDb
    expect(await holdLease(kysely, { name: 'keys', owner: 'other', ttl: 30 })).toBeUndefined()
    await world.testClock.advance(31)
    const [first, second] = await Promise.all(
      ['a', 'b'].map((owner) => holdLease(kysely, { name: 'keys', owner, ttl: 30 })),
    )
    expect([first, second].filter((lease) => lease !== undefined)).toHaveLength(1)
    await expect(round('late')).rejects.toThrow('not the leader')
  })
})
