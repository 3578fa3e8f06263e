import { addSigningKey, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { compactVerify, importJWK, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken, mintAccessToken, VerifiedTokens } from '../access-token/index.ts'
import { signingAlgs, type SigningAlg } from '../key-set/index.ts'
import { SigningKeys } from './index.ts'

describe('signing keys of every algorithm', () => {
  let world: World
  let signingKeys: SigningKeys
  const made: Partial<Record<SigningAlg, JWK>> = {}
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    signingKeys = new SigningKeys('EdDSA')
    for (const alg of signingAlgs) {
      const { publicJwk, kid } = await addSigningKey({ ...world, signingKeys }, alg)
      made[alg] = { ...publicJwk, kid, alg }
    }
  })
  afterAll(() => world.close())

  const claims = () => {
    const iat = Math.floor(world.clock().getTime() / 1000)
    const who = { sub: 'usr_1', tid: world.acme, sid: 'grt_1', client_id: 'cli_1', jti: '1', scope: '' }
    const iss = testDeployment.issuer
    const status = { status_list: { idx: 0, uri: `${iss}/status/0` } }
    return { ...who, status, iss, aud: iss, iat, exp: iat + 900, amr: ['pwd'], acr: 'aal1', auth_time: iat }
  }

  test.each(signingAlgs)(
    '%s: one is made, wrapped, endorsed, loaded and signs in its own line',
    async (alg) => {
      const signer = signingKeys.signer(world.clock(), alg)
      expect([signer?.alg, signer?.kid]).toEqual([alg, made[alg]?.kid])
      if (signer === undefined) throw new Error('Nothing signs.')
      const token = await mintAccessToken(signer, claims())
      const key = await importJWK(made[alg] ?? {}, alg)
      const { protectedHeader } = await compactVerify(token, key, { algorithms: [alg] })
      expect(protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: signer.kid })
      const deps = { ...world, signingKeys, verifiedTokens: new VerifiedTokens() }
      expect(verifyAccessToken(deps, token)).toMatchObject({ userId: 'usr_1' })
    },
  )

  test('what is pinned to no algorithm is signed by the usual one', () => {
    expect(signingKeys.signer(world.clock())?.alg).toBe('EdDSA')
  })

  test('ES256 and EdDSA are signed at once, RS256 off the event loop', () => {
    const inLine = (alg: SigningAlg) => signingKeys.signer(world.clock(), alg)?.sign('input')
    expect([inLine('ES256'), inLine('EdDSA')].map((made) => typeof made)).toEqual(['string', 'string'])
    expect(inLine('RS256')).toBeInstanceOf(Promise)
  })
})
