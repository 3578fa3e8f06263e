import { testAnchors } from '@iam/testkit/kms'
import { auditOf, eventsOf, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import {
  buildKeySet,
  readHistoricalKeys,
  readKeySet,
  type AnchorSigner,
  type KeySet,
} from '../key-set/index.ts'
import { holdLease } from '../lease/index.ts'
import { publishKeySet } from '../signing-key/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { announceAnchor, cancelAnchor, listAnchorRotations } from './index.ts'

const day = 86_400
const { publisher, spare, nextSpare, endorser, stranger } = testAnchors
const given = { from: publisher.kid, to: spare.kid, spare: nextSpare.kid }

describe('the anchors that sign the key set', () => {
  let world: World
  let systemTenantId: `ten_${string}`
  let document = ''
  let history = ''
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    systemTenantId = (await findDirectoryEntry(world.workerDb.kysely, 'system'))?.tenantId ?? 'ten_none'
  })
  afterEach(() => world.close())

  const announce = (changes = {}) =>
    announceAnchor(
      {
        db: { ...world.workerDb, kysely: world.admin },
        clock: world.clock,
        systemTenantId,
        notice: 4 * day,
      },
      { ...given, ...changes },
    )

  async function publish(configured: { publisher: AnchorSigner; spare: AnchorSigner } = testAnchors) {
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'worker', ttl: 30 })
    if (lease === undefined) throw new Error('not the leader')
    const keySetStore = {
      read: async () => undefined,
      write: async (written: Buffer) => void (document = written.toString()),
    }
    const common = {
      db: world.workerDb,
      clock: world.clock,
      lease,
      systemTenantId,
      deployment: testDeployment,
    }
    const anchors = { publisher: configured.publisher, spare: async () => configured.spare }
    const historyStore = {
      read: async () => undefined,
      write: async (written: Buffer) => void (history = written.toString()),
    }
    return publishKeySet({
      ...common,
      history: { store: historyStore, keepFor: day },
      ...anchors,
      keySetStore,
      lifetime: 3 * day,
      resignAfter: 3600,
    })
  }

  const read = (text = document, retired: readonly string[] = []) =>
    readKeySet(text, {
      env: testDeployment.env,
      issuer: testDeployment.issuer,
      anchors: [publisher.kid, spare.kid, nextSpare.kid],
      endorsementAnchors: [endorser.kid],
      retired,
      floor: {},
      now: world.clock(),
    })

  /** What is recorded of an anchor, as it was done. */
  const told = async (kid: string) => ({
    audit: await auditOf(world, kid),
    events: (await eventsOf(world, systemTenantId, kid)).map(({ type }) => type),
  })

  test('one follows another after its notice, which stands in the key set until then', async () => {
    const rotation = await announce()
    expect(rotation).toMatchObject({ ...given, epoch: 1, switchedAt: null })
    await world.testClock.advance(31)
    const next_anchor = {
      kid: spare.kid,
      spare: nextSpare.kid,
      from: Math.ceil(rotation.switchAt.getTime() / 1000),
    }
    expect(await publish()).toMatchObject({ next_anchor })
    expect(await read()).toMatchObject({ anchor: publisher.kid })
    await world.testClock.advance(4 * day - 60)
    await publish()
    expect(await read()).toMatchObject({ anchor: publisher.kid })
    await world.testClock.advance(61)
    const switched = await publish()
    expect(switched).toMatchObject({ retired_anchors: [publisher.kid] })
    expect(switched).not.toHaveProperty('next_anchor')
    expect(await read()).toMatchObject({ anchor: spare.kid })
    const ended = await readHistoricalKeys(history, {
      ...testDeployment,
      anchors: [spare.kid],
      endorsementAnchors: [endorser.kid],
      retired: [publisher.kid],
      digest: switched?.history,
    })
    const exp = Math.floor(rotation.switchAt.getTime() / 1000)
    expect(ended).toContainEqual({ ...publisher.jwk, kid: publisher.kid, alg: 'ES256', use: 'sig', exp })
    expect(await publish()).toBeUndefined()
    const names = ['key_set.anchor_announced', 'key_set.anchor_switched']
    expect(await told(spare.kid)).toEqual({ audit: names, events: names })
  })

  test('an anchor that has retired is refused, however new what it signs is', async () => {
    await announce({ atOnce: true })
    await world.testClock.advance(31)
    await publish()
    const taken = (await read()) as KeySet
    const retired = taken.claims.retired_anchors ?? []
    const { document: back } = await buildKeySet(publisher, {
      issuer: testDeployment.issuer,
      region: testDeployment.region,
      keys: taken.keys.map(({ key }) => key),
      version: taken.claims.version + 1_000,
      now: world.clock(),
      lifetime: day,
    })
    expect(await read(back)).toMatchObject({ anchor: publisher.kid }) // by somebody who has seen nothing yet
    expect(await read(back, retired)).toBe('retired_anchor')
    expect(await read(document, retired)).toMatchObject({ anchor: spare.kid })
  })

  test('the new one signs on as the configured one, and the one after it follows in its turn', async () => {
    await announce({ atOnce: true })
    await world.testClock.advance(31)
    await publish()
    const configured = { publisher: spare, spare: nextSpare }
    await world.testClock.advance(3601)
    await publish(configured)
    expect(await read()).toMatchObject({ anchor: spare.kid })
    const next = { from: spare.kid, to: nextSpare.kid, atOnce: true }
    await expect(announce({ ...next, spare: publisher.kid })).rejects.toMatchObject({ code: 'wrong_state' })
    expect(await announce({ ...next, spare: stranger.kid })).toMatchObject({ epoch: 2, from: spare.kid })
    await world.testClock.advance(31)
    expect(await publish(configured)).toMatchObject({ retired_anchors: [publisher.kid, spare.kid] })
    expect(await read()).toMatchObject({ anchor: nextSpare.kid })
  })

  test('nothing is published where the anchor whose turn it is, is not configured', async () => {
    await announce({ atOnce: true })
    await world.testClock.advance(31)
    const before = document
    await expect(publish({ publisher, spare: stranger })).rejects.toThrow(`is to be signed by ${spare.kid}`)
    expect(document).toBe(before)
  })

  test('a dry run changes nothing', async () => {
    expect(await announce({ dryRun: true })).toMatchObject(given)
    expect((await listAnchorRotations(world.workerDb.kysely)).rotations).toEqual([])
    expect(await told(spare.kid)).toEqual({ audit: [], events: [] })
  })

  test('what is on its way can come at once, and nothing else be announced meanwhile', async () => {
    await announce()
    await expect(announce()).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(announce({ to: stranger.kid, atOnce: true })).rejects.toMatchObject({ code: 'wrong_state' })
    const hastened = await announce({ atOnce: true })
    expect(hastened.switchAt.getTime()).toBeLessThanOrEqual(world.clock().getTime() + 1_000)
    await world.testClock.advance(31)
    expect(await publish()).toMatchObject({ retired_anchors: [publisher.kid] })
  })

  const cancel = (options = {}) =>
    cancelAnchor(
      { db: { ...world.workerDb, kysely: world.admin }, clock: world.clock, systemTenantId },
      options,
    )

  test('what is announced is taken back before its time, and can be announced again', async () => {
    await expect(cancel()).rejects.toMatchObject({ code: 'wrong_state' })
    await announce()
    await world.testClock.advance(31)
    expect(await publish()).toHaveProperty('next_anchor')
    expect(await cancel({ dryRun: true })).toMatchObject(given)
    expect(await publish()).toBeUndefined()
    expect(await cancel()).toMatchObject(given)
    await world.testClock.advance(31)
    expect(await publish()).not.toHaveProperty('next_anchor')
    await world.testClock.advance(5 * day)
    expect(await publish()).not.toHaveProperty('retired_anchors')
    expect(await read()).toMatchObject({ anchor: publisher.kid })
    const names = ['key_set.anchor_announced', 'key_set.anchor_withdrawn']
    expect(await told(spare.kid)).toEqual({ audit: names, events: names })
    expect(await announce()).toMatchObject({ ...given, epoch: 1 })
  })

  test('what has come is not taken back: the old anchor is refused wherever that is known', async () => {
    await announce({ atOnce: true })
    await expect(cancel()).rejects.toMatchObject({ code: 'wrong_state' })
    await world.testClock.advance(31)
    await publish()
    await expect(cancel()).rejects.toMatchObject({ code: 'wrong_state' })
    expect(await read()).toMatchObject({ anchor: spare.kid })
  })

  test.each([
    ['the one that signs', { to: publisher.kid }],
    ['its own spare', { spare: spare.kid }],
    ['the one before it as its spare', { spare: publisher.kid }],
  ])('an anchor is not to be followed by %s', async (_what, changes) => {
    await expect(announce(changes)).rejects.toMatchObject({ code: 'wrong_state' })
  })
})
