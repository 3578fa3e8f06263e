import { generateKeyPairSync } from 'node:crypto'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Id } from '../kit/index.ts'
import { generateSigningKey, insertSigningKey, loadSigningKeys, SigningKeys } from './index.ts'
import { signingKeyAad } from './key-aad.ts'
import { accessTokenHeader } from './signing-keys.ts'

describe('loadSigningKeys', () => {
  const worlds: World[] = []
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    worlds.push(world)
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  /** What an instance that starts now makes of the table. */
  async function load(changes: { region?: string; endorsementAnchors?: string[] } = {}) {
    const signingKeys = new SigningKeys()
    const leftOut = await loadSigningKeys({
      ...world,
      wrapping: testWrapping,
      deployment: { ...testDeployment, region: changes.region ?? testDeployment.region },
      endorsementAnchors: changes.endorsementAnchors ?? [testAnchors.endorser.kid],
      signingKeys,
    }).catch((error: Error) => error)
    return { signingKeys, leftOut }
  }

  const keys = async () =>
    world.admin
      .selectFrom('iam.signing_key')
      .select(['id', 'kid', 'wrapped', 'endorsement', 'public_jwk', 'state'])
      .orderBy('created_at')
      .orderBy('id')
      .execute()

  async function change(id: string, values: Record<string, unknown>): Promise<void> {
    await world.admin.updateTable('iam.signing_key').set(values).where('id', '=', id).execute()
  }

  async function active() {
    const found = (await keys()).find((key) => key.state === 'active')
    if (found === undefined) throw new Error('no active key')
    return found
  }

  test('loads the active key and its standby, and signs with the active one', async () => {
    const { signingKeys, leftOut } = await load()
    expect(leftOut).toEqual([])
    expect(signingKeys.all()).toHaveLength(2)
    expect(signingKeys.signer(world.clock())?.kid).toBe((await active()).kid)
  })

  test('unwraps nothing twice', async () => {
    let unwrapped = 0
    const wrapping = {
      unwrap: async (sealed: Buffer, aad: Buffer) => ((unwrapped += 1), testWrapping.unwrap(sealed, aad)),
    }
    const signingKeys = new SigningKeys()
    const common = { deployment: testDeployment, endorsementAnchors: [testAnchors.endorser.kid], signingKeys }
    await loadSigningKeys({ ...world, ...common, wrapping })
    await loadSigningKeys({ ...world, ...common, wrapping })
    expect(unwrapped).toBe(2)
  })

  test('leaves out a key of somebody who can write the table, with an endorsement of their own', async () => {
    const { id: _id, ...foreign } = await generateSigningKey(
      {
        clock: world.clock,
        deployment: testDeployment,
        wrapping: testWrapping,
        endorser: testAnchors.stranger,
      },
      { scope: 'issuer', purpose: 'token', alg: 'ES256', signFor: 1000, verifyAfter: 1000 },
    )
    await insertSigningKey(world.admin, { ...foreign, id: 'sgk_FOREIGN' })
    await change('sgk_FOREIGN', { state: 'active', activate_at: world.clock() })
    const { signingKeys, leftOut } = await load()
    expect(leftOut).toEqual([{ kid: foreign.kid, reason: 'its endorsement does not hold' }])
    expect(signingKeys.signer(world.clock())?.kid).not.toBe(foreign.kid)
  })

  test('does not unwrap the private key of another row in place of the endorsed one', async () => {
    const [first, second] = await keys()
    await change(first?.id ?? '', { wrapped: second?.wrapped })
    const { leftOut } = await load()
    expect(leftOut).toEqual([{ kid: first?.kid, reason: 'its private key was not wrapped for it' }])
  })

  test('leaves out a key whose public half was exchanged', async () => {
    const [first, second] = await keys()
    await change(first?.id ?? '', { public_jwk: JSON.stringify(second?.public_jwk) })
    expect((await load()).leftOut).toEqual([{ kid: first?.kid, reason: 'its endorsement does not hold' }])
  })

  test('takes a key that is in KMS by its endorsement alone, and signs nothing by it without KMS', async () => {
    const { id, kid } = await active()
    await change(id, { wrapped: null, custody: 'kms', kms_version: 'of some key' })
    const { signingKeys, leftOut } = await load()
    expect(leftOut).toEqual([])
    const signer = signingKeys.signer(world.clock())
    expect(signer?.kid).toBe(kid)
    await expect(signer?.sign('something')).rejects.toThrow('temporarily_unavailable')
    expect(signingKeys.verifier(signer?.header ?? '', world.clock())?.kid).toBe(kid)
  })

  test('leaves out a key whose private half is nowhere', async () => {
    const { id, kid } = await active()
    await world.admin.schema.alterTable('iam.signing_key').dropConstraint('signing_key_check').execute()
    await change(id, { wrapped: null })
    expect((await load()).leftOut).toEqual([{ kid, reason: 'it has no wrapped private key' }])
  })

  test('leaves out a key whose private half was wrapped for it, and is another one', async () => {
    const { id, kid } = await active()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const aad = signingKeyAad(testDeployment, {
      id: id as Id<'sgk'>,
      kid,
      scope: 'issuer',
      alg: 'ES256',
      purpose: 'token',
    })
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
    await change(id, { wrapped: await testWrapping.wrap(pkcs8, aad) })
    const { signingKeys, leftOut } = await load()
    expect(leftOut).toEqual([{ kid, reason: 'it is not the key that was endorsed' }])
    expect(signingKeys.signer(world.clock())).toBeUndefined()
  })

  test('leaves out a key endorsed for another purpose or for another than the issuer', async () => {
    const [first] = await keys()
    const { id, ...other } = await generateSigningKey(
      {
        clock: world.clock,
        deployment: testDeployment,
        wrapping: testWrapping,
        endorser: testAnchors.endorser,
      },
      { scope: 'issuer', purpose: 'status', alg: 'ES256', signFor: 1000, verifyAfter: 1000 },
    )
    await insertSigningKey(world.admin, { ...other, id })
    // Somebody who can write the table says that it is for tokens, and the active one.
    await change(id, { purpose: 'token', state: 'active', activate_at: world.clock() })
    const { signingKeys, leftOut } = await load()
    expect(leftOut).toEqual([{ kid: other.kid, reason: 'its endorsement does not hold' }])
    expect(signingKeys.byKid(other.kid)).toBeUndefined()
    expect(signingKeys.byKid(first?.kid ?? '')).toBeDefined()
  })

  test('takes in the keys it can unwrap before it says that the others must be tried again', async () => {
    const [first, second] = await keys()
    const wrapping = {
      unwrap: async (sealed: Buffer, aad: Buffer) => {
        if (first?.wrapped?.equals(sealed) === true) throw new Error('KMS is away')
        return testWrapping.unwrap(sealed, aad)
      },
    }
    const signingKeys = new SigningKeys()
    const common = { deployment: testDeployment, endorsementAnchors: [testAnchors.endorser.kid], signingKeys }
    await expect(loadSigningKeys({ ...world, ...common, wrapping })).rejects.toThrow('KMS is away')
    expect(signingKeys.all().map((key) => key.kid)).toEqual([second?.kid])
    expect(signingKeys.isComplete).toBe(false)
    const header = accessTokenHeader({ alg: 'ES256', kid: first?.kid ?? '' })
    expect(() => signingKeys.verifier(header, world.clock())).toThrow('temporarily_unavailable')
    expect(await loadSigningKeys({ ...world, ...common, wrapping: testWrapping })).toEqual([])
    expect(signingKeys.all()).toHaveLength(2)
    expect(signingKeys.isComplete).toBe(true)
    expect(signingKeys.verifier(header, world.clock())?.kid).toBe(first?.kid)
  })

  test('is not complete while none can be unwrapped', async () => {
    const signingKeys = new SigningKeys()
    const wrapping = { unwrap: () => Promise.reject(new Error('KMS is away')) }
    const common = { deployment: testDeployment, endorsementAnchors: [testAnchors.endorser.kid], signingKeys }
    await expect(loadSigningKeys({ ...world, ...common, wrapping })).rejects.toThrow('KMS is away')
    expect(signingKeys.isComplete).toBe(false)
    const { kid } = await active()
    expect(() => signingKeys.verifier(accessTokenHeader({ alg: 'ES256', kid }), world.clock())).toThrow(
      'temporarily_unavailable',
    )
    await loadSigningKeys({ ...world, ...common, wrapping: testWrapping })
    expect(signingKeys.isComplete).toBe(true)
  })

  test('unwraps nothing in another deployment, and believes no other endorsement key', async () => {
    expect((await load({ region: 'elsewhere' })).leftOut).toHaveLength(2)
    expect((await load({ endorsementAnchors: [testAnchors.publisher.kid] })).leftOut).toHaveLength(2)
  })
})
