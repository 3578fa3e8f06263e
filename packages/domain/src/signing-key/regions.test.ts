import { testAnchors } from '@iam/testkit/kms'
import { addSigningKey, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import {
  buildKeySet,
  readKeySet,
  type AnchorSigner,
  type EndorsedKey,
  type KeySet,
} from '../key-set/index.ts'
import { holdLease } from '../lease/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { compromiseSigningKey, publishKeySet, takeRegionPart } from './index.ts'

const hour = 3600
const { publisher, spare, endorser, stranger } = testAnchors
const pins = {
  env: testDeployment.env,
  issuer: testDeployment.issuer,
  anchors: [publisher.kid, spare.kid],
  endorsementAnchors: [endorser.kid],
}
const settings = { signFor: 1e6, verifyAfter: 1e6, leastLead: 1e5, verifierCache: 600, announce: 60 }

/** A region: its own database and keys, its own anchor, and the key set that it publishes. */
class Region {
  document = ''
  /** Where another region is read. */
  readonly sources = new Map<string, () => string>()
  readonly faults: unknown[] = []
  readonly name: string
  readonly world: World
  readonly #anchor: AnchorSigner

  constructor(name: string, world: World, anchor: AnchorSigner) {
    this.name = name
    this.world = world
    this.#anchor = anchor
  }

  /** One round of a worker of the region. @returns whether it published. */
  async round(): Promise<boolean> {
    const { workerDb: db, clock } = this.world
    for (const [region, read] of this.sources) {
      const fault = await takeRegionPart(db.kysely, {
        pins: this.#pins(),
        region,
        document: read(),
        now: clock(),
      })
      this.faults.push(fault)
    }
    const system = await findDirectoryEntry(db.kysely, 'system')
    const lease = await holdLease(db.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined || system === undefined) throw new Error('not the leader')
    const published = await publishKeySet({
      db,
      clock,
      lease,
      systemTenantId: system.tenantId,
      deployment: { ...testDeployment, region: this.name },
      publisher: this.#anchor,
      keySetStore: {
        read: async () => undefined,
        write: async (written) => void (this.document = written.toString()),
      },
      regions: this.#pins(),
      lifetime: 72 * hour,
      resignAfter: hour,
    })
    return published !== undefined
  }

  #pins() {
    return { ...pins, names: [...this.sources.keys()] }
  }

  async read(): Promise<KeySet> {
    const read = await readKeySet(this.document, { ...pins, floor: {}, now: this.world.clock() })
    if (typeof read === 'string') throw new Error(read)
    return read
  }

  async kids(): Promise<string[]> {
    return (await this.read()).keys.map(({ key }) => key.kid)
  }

  /** The kids of its own keys. */
  async own(): Promise<string[]> {
    const rows = await this.world.admin
      .selectFrom('iam.signing_key')
      .select('kid')
      .where('state', 'in', ['pending', 'published', 'active', 'retiring'])
      .execute()
    return rows.map(({ kid }) => kid)
  }

  async compromise(): Promise<string> {
    const { workerDb: db, clock, signingKeys } = this.world
    const kid = signingKeys.signer(clock())?.kid ?? ''
    const systemTenantId = (await findDirectoryEntry(db.kysely, 'system'))?.tenantId ?? 'ten_none'
    await compromiseSigningKey({ db, clock, systemTenantId, settings }, { kid })
    return kid
  }
}

describe('the key set of several regions', () => {
  let eu: Region
  let qa: Region
  beforeEach(async () => {
    eu = new Region('eu', await openWorld(inject('services')), publisher)
    qa = new Region('qa', await openWorld(inject('services')), spare)
    await advance(60)
    await haveOwnKeys(qa)
    await eu.round()
    await qa.round()
    eu.sources.set('qa', () => qa.document)
    qa.sources.set('eu', () => eu.document)
  })
  afterEach(async () => {
    await eu.world.close()
    await qa.world.close()
  })

  /** Every world begins with the same keys. */
  async function haveOwnKeys({ world, name }: Region): Promise<void> {
    await world.admin.deleteFrom('iam.signing_key').execute()
    await addSigningKey(world, 'ES256')
    await addSigningKey(world, 'ES256')
    await world.admin.updateTable('iam.key_set_version').set({ region: name }).execute()
  }

  async function advance(seconds: number): Promise<void> {
    for (const { world } of [eu, qa]) await world.testClock.advance(seconds)
  }

  async function rounds(count: number): Promise<number> {
    let published = 0
    for (let n = 0; n < count; n += 1) {
      await advance(31)
      for (const region of [eu, qa]) published += Number(await region.round())
    }
    return published
  }

  const everyKid = async () => [...(await eu.own()), ...(await qa.own())].toSorted()

  /** A document as somebody with an anchor of the region makes it. */
  async function forged(by: AnchorSigner, changes: Partial<Parameters<typeof buildKeySet>[1]> = {}) {
    const now = qa.world.clock()
    const { keys } = await qa.read()
    const common = { issuer: pins.issuer, region: 'qa', version: now.getTime(), now, lifetime: hour }
    return (await buildKeySet(by, { ...common, keys: keys.map(({ key }) => key), ...changes })).document
  }

  test('has the keys of all, each once, and a version of each', async () => {
    await rounds(3)
    for (const region of [eu, qa]) {
      expect((await region.kids()).toSorted()).toEqual(await everyKid())
      expect(Object.keys((await region.read()).claims.parts).toSorted()).toEqual(['eu', 'qa'])
    }
    expect(await eu.kids()).toHaveLength(new Set(await eu.kids()).size)
  })

  test('comes to rest: regions do not answer one another for ever', async () => {
    await rounds(3)
    expect(await rounds(10)).toBe(0)
    await advance(hour)
    expect(await rounds(10)).toBeLessThanOrEqual(4)
  })

  test('C24: is without a key anywhere soon after its own region gave it up, and it does not come back', async () => {
    await rounds(3)
    const given = await qa.compromise()
    await rounds(3)
    for (const region of [eu, qa]) {
      expect(await region.kids()).not.toContain(given)
      expect((await region.read()).claims.revoked).toContain(given)
    }
    await advance(20 * 86_400) // past the end that it was endorsed for
    qa.sources.clear()
    eu.sources.set('qa', () => 'away')
    await rounds(2)
    expect(eu.document.length).toBeGreaterThan(0)
    const payload = Buffer.from(eu.document.split('.')[1] ?? '', 'base64url').toString()
    expect(JSON.parse(payload)).toMatchObject({ revoked: [] })
  })

  test('a region that is gone keeps its last good part, until the end of its keys', async () => {
    await rounds(3)
    const [theirs, before] = [await qa.own(), (await eu.read()).claims.parts['qa']]
    eu.sources.set('qa', () => '')
    await rounds(2)
    expect(eu.faults.at(-1)).toBe('not_ours')
    expect(await eu.kids()).toEqual(expect.arrayContaining(theirs))
    const end = await qa.world.admin
      .selectFrom('iam.signing_key')
      .select((eb) => eb.fn.max('verify_until').as('end'))
      .executeTakeFirstOrThrow()
    await advance((end.end.getTime() - eu.world.clock().getTime()) / 1000 + 1)
    await eu.world.testClock.advance(1)
    await eu.round()
    const claims = JSON.parse(
      Buffer.from(eu.document.split('.')[1] ?? '', 'base64url').toString(),
    ) as KeySet['claims']
    expect(claims.keys.filter(({ kid }) => theirs.includes(kid))).toEqual([])
    expect(claims.parts['qa']).toBe(before) // or whoever has seen it would refuse the set
  })

  test('a region that is no longer configured leaves its version behind, and none of its keys', async () => {
    await rounds(3)
    const before = (await eu.read()).claims.parts['qa']
    eu.sources.clear()
    await rounds(1)
    expect((await eu.kids()).toSorted()).toEqual((await eu.own()).toSorted())
    expect((await eu.read()).claims.parts['qa']).toBe(before)
  })

  test('a region that is rolled back is refused, and takes nothing back with it', async () => {
    await rounds(3)
    const old = qa.document
    const given = await qa.compromise()
    await rounds(3)
    eu.sources.set('qa', () => old)
    await rounds(2)
    expect(eu.faults.at(-1)).toBe('older_than_seen')
    expect(await eu.kids()).not.toContain(given)
  })

  test('a region that lies adds no key that is not endorsed, by no anchor that is not pinned', async () => {
    await rounds(3)
    const before = (await eu.kids()).toSorted()
    const [key] = (await qa.read()).keys
    if (key === undefined) throw new Error('no key')
    const bare = { ...key.key, kid: 'made-up', endorsement: 'x' } as EndorsedKey
    const lies = [
      ['no_endorsed_key', () => forged(spare, { keys: [bare] })],
      ['not_ours', () => forged(stranger)],
      ['no_part', () => forged(spare, { region: 'elsewhere', parts: { elsewhere: 9e12, eu: 9e12 } })],
      ['older_than_seen', () => forged(spare, { parts: { eu: 9e12 } })],
    ] as const
    for (const [fault, lie] of lies) {
      const document = await lie()
      eu.sources.set('qa', () => document)
      await rounds(1)
      expect(['older_than_seen', fault]).toContain(eu.faults.at(-1))
      expect((await eu.kids()).toSorted()).toEqual(before)
    }
    const mixed = await forged(spare, { keys: [bare, key.key] })
    eu.sources.set('qa', () => mixed)
    await rounds(1)
    expect(await eu.kids()).not.toContain('made-up')
  })

  test('C24: a region that lies brings no key back that another gave up, and gives none up for it', async () => {
    await rounds(3)
    const stolen = (await eu.read()).keys.map(({ key }) => key)
    const given = await eu.compromise()
    await rounds(1)
    const live = await eu.own()
    const part = { region: 'qa', keys: stolen.map(({ kid }) => kid), revoked: live }
    const parts = { qa: 9e12 }
    const lie = await forged(spare, {
      keys: stolen,
      part,
      parts,
      revoked: live.filter((kid) => kid !== given),
    })
    eu.sources.set('qa', () => lie)
    await rounds(2)
    const kids = await eu.kids()
    expect(kids).not.toContain(given)
    expect(kids).toEqual(expect.arrayContaining(live))
    expect((await eu.read()).claims.revoked).toEqual([given])
  })
})
