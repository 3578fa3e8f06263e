import { readKeySet, type KeySet } from '@iam/domain/key-set'
import { holdLease } from '@iam/domain/lease'
import {
  loadSigningKeys,
  publishKeySet,
  SigningKeys,
  statusLine,
  tendSigningKeys,
  tokenLines,
} from '@iam/domain/signing-key'
import { PublishedLists } from '@iam/domain/status-list'
import { readStatusList } from '@iam/domain/status-list-token'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { tendStatusLists, type StatusDeps } from './tend-status-lists.ts'

const policy = { signFor: 604_800, verifyAfter: 172_800, activationLead: 0, announce: 0 }
const { endorser, publisher } = testAnchors

/** The key that wraps keys of status lists: what another wrapped is nothing to it. */
const mark = Buffer.from('status')
const statusWrapping: typeof testWrapping = {
  wrap: (plaintext, aad) => testWrapping.wrap(plaintext, Buffer.concat([mark, aad])),
  unwrap: (wrapped, aad) => testWrapping.unwrap(wrapped, Buffer.concat([mark, aad])),
}

describe('the status role of iam-worker', () => {
  let world: World
  let keySet: KeySet
  const objects = new Map<string, string>()
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  function deps(owner = 'worker'): StatusDeps {
    return {
      db: world.workerDb,
      clock: world.clock,
      owner,
      deployment: testDeployment,
      wrapping: statusWrapping,
      endorsementAnchors: [endorser.kid],
      signingKeys: new SigningKeys(),
      published: new PublishedLists(),
      growth: { fill: 0, lookedAt: 0 },
      store: {
        read: async (id) => {
          const document = objects.get(id)
          return document === undefined ? undefined : { body: Buffer.from(document), generation: '1' }
        },
        write: async (id, document) => {
          objects.set(id, document)
          return '1'
        },
      },
    }
  }

  /** What the `keys` role does, until a key of each line signs. */
  async function tendKeys(): Promise<void> {
    const system = await findDirectoryEntry(world.workerDb.kysely, 'system')
    const lease = await holdLease(world.workerDb.kysely, { name: 'keys', owner: 'keys', ttl: 60 })
    if (system === undefined || lease === undefined) throw new Error('not the leader')
    const common = {
      db: world.workerDb,
      clock: world.clock,
      deployment: testDeployment,
      lease,
      systemTenantId: system.tenantId,
    }
    let document = ''
    const keySetStore = {
      read: async () => undefined,
      write: async (body: Buffer) => void (document = body.toString()),
    }
    for (let round = 0; round < 3; round += 1) {
      const lines = [...tokenLines(['ES256'], testWrapping), statusLine(statusWrapping)]
      await tendSigningKeys({ ...common, endorser, policy, lines, servedKids: async () => new Set() })
      await publishKeySet({ ...common, publisher, keySetStore, lifetime: 3600, resignAfter: 600 })
    }
    const pins = { anchors: [publisher.kid], endorsementAnchors: [endorser.kid], floor: {} }
    const { env, issuer } = testDeployment
    const read = await readKeySet(document, { env, issuer, ...pins, now: world.clock() })
    if (typeof read === 'string') throw new Error(read)
    keySet = read
  }

  test('waits for a key of its own', async () => {
    await expect(tendStatusLists(deps())).rejects.toThrow('No key signs status lists yet.')
    expect(objects.size).toBe(0)
  })

  test('C14: publishes lists by a key that is no key for tokens, and that no token key’s holder can unwrap', async () => {
    await tendKeys()
    expect(await tendStatusLists(deps())).toMatchObject({ lists: 2, built: 2, fill: 0 })
    const [tokens, statuses] = [keySet.keys, keySet.statusKeys].map((all) => all.map(({ key }) => key))
    expect(statuses?.map(({ kid }) => kid)).not.toEqual([])
    expect(tokens?.some(({ kid }) => statuses?.some((key) => key.kid === kid))).toBe(false)
    const about = { issuer: testDeployment.issuer, id: 'local-0', now: world.clock() }
    const document = objects.get('local-0') ?? ''
    expect(await readStatusList(document, { ...about, keys: statuses ?? [] })).toMatchObject({
      claims: { ttl: 15 },
    })
    expect(await readStatusList(document, { ...about, keys: tokens ?? [] })).toBe('not_ours')

    const load = async (wrapping: typeof testWrapping, purpose: 'token' | 'status') => {
      const signingKeys = new SigningKeys()
      const pins = { deployment: testDeployment, endorsementAnchors: [endorser.kid] }
      await loadSigningKeys({ db: world.db, clock: world.clock, ...pins, wrapping, purpose, signingKeys })
      return signingKeys.all().length
    }
    expect(await load(statusWrapping, 'token')).toBe(0)
    expect(await load(testWrapping, 'status')).toBe(0)
    expect(await load(testWrapping, 'token')).toBeGreaterThan(0)
  })

  test('C14, C262: goes on by the key that it holds while KMS opens no other', async () => {
    const leader = deps()
    await tendStatusLists(leader)
    const signing = leader.signingKeys.signer(world.clock())?.kid
    const held = leader.signingKeys.all().filter(({ kid }) => kid === signing)
    expect(held).toHaveLength(1)
    leader.signingKeys.replace(held, 0) // the standby is new to it
    const unwrap = async () => Promise.reject(new Error('KMS is away'))
    objects.clear()
    await world.testClock.advance(200)
    await expect(tendStatusLists({ ...leader, wrapping: { unwrap } })).rejects.toThrow('KMS is away')
    expect([...objects.keys()].toSorted()).toEqual(['local-0', 'local-1'])
  })

  test('is done by one worker at a time', async () => {
    expect(await tendStatusLists(deps('another'))).toBeUndefined()
    expect(await tendStatusLists(deps())).toMatchObject({ lists: 2 })
  })
})
