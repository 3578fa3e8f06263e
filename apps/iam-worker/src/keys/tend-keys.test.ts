import type { KeySetClaims } from '@iam/domain/key-set'
import { SecretRings } from '@iam/domain/secret-key'
import { compromiseSigningKey, signingKeyPolicy, type KeySetStore } from '@iam/domain/signing-key'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, systemTenant, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { tendKeys, type KeysConfig, type KeysDeps } from './tend-keys.ts'

const day = 86_400
const settings = { signFor: 30 * day, verifyAfter: 2 * day, leastLead: day, verifierCache: 600, announce: 60 }
const refused = async () => Promise.reject(new Error('KMS refuses'))

class Store implements KeySetStore {
  document: Buffer = Buffer.alloc(0)

  read = async () => undefined

  write = async (document: Buffer) => void (this.document = document)

  get claims(): KeySetClaims {
    const payload = this.document.toString().split('.')[1] ?? ''
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as KeySetClaims
  }
}

describe('a round of the keys’ work', () => {
  let world: World
  let keySetStore: Store
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    keySetStore = new Store()
  })
  afterEach(() => world.close())

  const config: KeysConfig = {
    deployment: testDeployment,
    regions: undefined,
    signingKeys: signingKeyPolicy(settings),
    signingAlgs: ['ES256', 'EdDSA'],
    signKey: undefined,
    secretRotation: {},
    jwksUrl: 'http://127.0.0.1:9/none',
    historySeconds: day,
    keySet: { lifetime: 3 * day, resignAfter: 3600 },
    cdn: { url: 'off', host: 'id.example', endpoint: undefined, purgeAfter: 15 },
  }

  const round = (changes: Partial<KeysDeps> = {}) => {
    const versions = { list: refused, create: refused, get: refused, disable: refused, destroy: refused }
    const { endorser, publisher, spare } = testAnchors
    const nothing = () => undefined
    return tendKeys(
      {
        db: world.workerDb,
        clock: world.clock,
        owner: 'worker',
        wrapping: testWrapping,
        tokenWrapping: testWrapping,
        statusWrapping: testWrapping,
        secrets: new SecretRings(),
        log: { info: nothing, error: nothing },
        kms: { versions, publicKey: refused },
        endorser,
        publisher,
        spare: async () => spare,
        keySetStore,
        historyStore: new Store(),
        cdn: undefined,
        purgeFailed: nothing,
        regionFailed: nothing,
        keysChanged: nothing,
        ...changes,
      },
      config,
    )
  }

  async function giveUp(): Promise<string> {
    const kid = world.signingKeys.signer(world.clock())?.kid ?? ''
    const deps = { db: world.workerDb, clock: world.clock, systemTenantId: await systemTenant(world) }
    await compromiseSigningKey({ ...deps, settings }, { kid })
    await world.testClock.advance(31)
    return kid
  }

  test('C24, C262: takes a key that was given up out of the set, though KMS wraps no other', async () => {
    await round()
    const kid = await giveUp()
    await expect(round({ tokenWrapping: { wrap: refused } })).rejects.toThrow('KMS refuses')
    expect(keySetStore.claims.revoked).toContain(kid)
    expect(keySetStore.claims.keys.map((key) => key.kid)).not.toContain(kid)
  })

  test('C24, C262: and though KMS does not disable it there', async () => {
    await round()
    const kid = await giveUp()
    await world.admin
      .updateTable('iam.signing_key')
      .set({
        custody: 'kms',
        kms_version: 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1',
      })
      .where('kid', '=', kid)
      .execute()
    await expect(round()).rejects.toThrow('KMS refuses')
    expect(keySetStore.claims.revoked).toContain(kid)
  })

  test('C262: one line that gets no key holds up no other', async () => {
    await world.admin.deleteFrom('iam.signing_key').where('state', '=', 'published').execute()
    let asked = 0
    const wrap: typeof testWrapping.wrap = async (...given) => {
      asked += 1
      return asked === 1 ? refused() : testWrapping.wrap(...given)
    }
    await expect(round({ tokenWrapping: { wrap } })).rejects.toThrow('KMS refuses')
    const standbys = await world.admin
      .selectFrom('iam.signing_key')
      .select('alg')
      .where('purpose', '=', 'token')
      .where('state', '=', 'published')
      .execute()
    expect(standbys).toEqual([{ alg: 'EdDSA' }])
  })
})
