import { MemoryCdn } from '@iam/platform/cdn'
import { testAnchors } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { keySetPaths } from '../key-set/index.ts'
import { holdLease } from '../lease/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { ageOfKeySet, compromiseSigningKey, publishKeySet, purgeKeySet } from './index.ts'

const settings = { signFor: 1e6, verifyAfter: 1e6, leastLead: 1e5, verifierCache: 600, announce: 60 }

describe('the CDN in front of the key set', () => {
  let world: World
  let cdn: MemoryCdn
  let systemTenantId: `ten_${string}`
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
    cdn = new MemoryCdn()
    await world.testClock.advance(60)
    await purge()
    cdn.purged.length = 0
  })
  afterEach(() => world.close())

  const purge = () => purgeKeySet({ db: world.workerDb, deployment: testDeployment, cdn, purgeAfter: 15 })

  async function publish(clock = world.clock) {
    await world.testClock.advance(31)
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined) throw new Error('not the leader')
    const keySetStore = { read: async () => undefined, write: async () => undefined }
    const deps = { db: world.workerDb, clock, lease, systemTenantId, deployment: testDeployment }
    const { publisher } = testAnchors
    return publishKeySet({ ...deps, publisher, keySetStore, lifetime: 3600, resignAfter: 600 })
  }

  async function giveUpAndPublish() {
    const kid = world.signingKeys.signer(world.clock())?.kid ?? ''
    await compromiseSigningKey({ db: world.workerDb, clock: world.clock, systemTenantId, settings }, { kid })
    expect(await publish()).toMatchObject({ revoked: [kid] })
  }

  test('lets go when keys changed, once every instance serves the new set, and once', async () => {
    await giveUpAndPublish()
    expect(await purge()).toBe(false) // what is served may still be the old one
    await world.testClock.advance(16)
    expect(await purge()).toBe(true)
    expect(cdn.purged).toEqual(keySetPaths)
    expect(await purge()).toBe(false)
    expect(cdn.purged).toEqual(keySetPaths)
  })

  test('C263: has a set that is believed as soon as a clock that ran ahead is set right', async () => {
    expect(await publish(() => new Date(world.clock().getTime() + 86_400_000))).toBeDefined()
    const right = await publish()
    expect((right?.iat ?? Infinity) * 1000).toBeLessThanOrEqual(world.clock().getTime())
    expect(await publish()).toBeUndefined()
  })

  test('is left alone when the same keys were signed anew', async () => {
    await world.testClock.advance(3601)
    expect(await publish()).toBeDefined()
    await world.testClock.advance(60)
    expect(await purge()).toBe(false)
    expect((await ageOfKeySet(world.workerDb.kysely, testDeployment.region))?.purgeDue).toBe(0)
  })

  test('is told later when it was away, however many sets were published meanwhile', async () => {
    await giveUpAndPublish()
    await world.testClock.advance(16)
    cdn.isAway = true
    await expect(purge()).rejects.toThrow('away')
    await world.testClock.advance(3601)
    expect(await publish()).toBeDefined()
    await world.testClock.advance(16)
    await expect(purge()).rejects.toThrow('away')
    const age = await ageOfKeySet(world.workerDb.kysely, testDeployment.region)
    expect(age?.purgeDue).toBeGreaterThan(3600)
    expect(age?.age).toBeLessThan(60)
    cdn.isAway = false
    expect(await purge()).toBe(true)
    expect(cdn.purged).toEqual(keySetPaths)
    expect(await purge()).toBe(false)
  })
})
