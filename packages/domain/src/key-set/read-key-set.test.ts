import { generateKeyPairSync } from 'node:crypto'
import { testAnchors } from '@iam/testkit/kms'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildKeySet,
  endorsementTyp,
  keySetTyp,
  readKeySet,
  signAnchored,
  thumbprint,
  type Endorsement,
  type EndorsedKey,
  type PublicJwk,
} from './index.ts'

const now = new Date('2026-11-21T12:00:00Z')
const seconds = Math.floor(now.getTime() / 1000)
const issuer = 'https://id.example.test'
const { endorser, publisher, stranger } = testAnchors
const expected = {
  env: 'test',
  issuer,
  anchors: [publisher.kid],
  endorsementAnchors: [endorser.kid],
  floor: { local: 100 },
  now,
}

async function endorsed(changes: Partial<Endorsement> = {}, by = endorser): Promise<EndorsedKey> {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const jwk = { kty: 'EC', crv: 'P-256', x, y } as PublicJwk
  const kid = thumbprint(jwk)
  const claims: Endorsement = {
    v: 1,
    env: 'test',
    iss: issuer,
    scope: 'issuer',
    kid,
    jwk,
    alg: 'ES256',
    use: 'sig',
    purpose: 'token',
    created: seconds - 10,
    sign_until: seconds + 100,
    verify_until: seconds + 200,
    ...changes,
  }
  return {
    ...jwk,
    kid,
    alg: 'ES256',
    use: 'sig',
    endorsement: await signAnchored(by, endorsementTyp, claims),
  }
}

describe('readKeySet', () => {
  let key: EndorsedKey
  beforeAll(async () => {
    key = await endorsed()
  })

  const build = async (changes: Partial<Parameters<typeof buildKeySet>[1]> = {}, by = publisher) =>
    (
      await buildKeySet(by, {
        issuer,
        region: 'local',
        keys: [key],
        version: 100,
        now,
        lifetime: 60,
        ...changes,
      })
    ).document

  test('reads what was published', async () => {
    const read = await readKeySet(await build(), expected)
    expect(read).toMatchObject({
      claims: { iss: issuer, sub: issuer, version: 100 },
      keys: [{ key: { kid: key.kid } }],
    })
  })

  test('reads a document past its end: a restart may have nothing newer', async () => {
    expect(await readKeySet(await build({ now: new Date(now.getTime() - 90_000) }), expected)).toBeTypeOf(
      'object',
    )
  })

  test('C24: leaves out a key that the set itself says was given up', async () => {
    const other = await endorsed()
    const read = await readKeySet(await build({ keys: [key, other], revoked: [other.kid] }), expected)
    expect(read).toMatchObject({ claims: { revoked: [other.kid] }, keys: [{ key: { kid: key.kid } }] })
    expect(await readKeySet(await build({ revoked: [key.kid] }), expected)).toBe('no_endorsed_key')
  })

  test('refuses to publish an empty set', async () => {
    await expect(build({ keys: [] })).rejects.toThrow('empty')
  })

  test.each([
    ['by a key that is not pinned', () => build({}, stranger), 'not_ours'],
    ['by the key that endorses', () => build({}, endorser), 'not_ours'],
    ['of another issuer', () => build({ issuer: 'https://other.example' }), 'not_ours'],
    ['of another type', () => signAnchored(publisher, 'JWT', { iss: issuer }), 'not_ours'],
    ['that is unsigned', async () => `${(await build()).split('.').slice(0, 2).join('.')}.`, 'not_ours'],
    ['that is no JWS', async () => '{"keys":[]}', 'not_ours'],
    [
      'without its claims',
      () => signAnchored(publisher, keySetTyp, { iss: issuer, sub: issuer }),
      'malformed',
    ],
    ['from the future', () => build({ now: new Date(now.getTime() + 61_000) }), 'from_the_future'],
    ['older than one seen', () => build({ version: 99 }), 'older_than_seen'],
    ['of another region alone', () => build({ region: 'elsewhere' }), 'older_than_seen'],
  ])('refuses a document %s', async (_what, make, fault) => {
    expect(await readKeySet(await make(), expected)).toBe(fault)
  })

  test('refuses a document with any one byte changed', async () => {
    const document = await build()
    const last = document.length - 1
    for (let at = 0; at < last; at += 97) {
      const other = document[at] === 'A' ? 'B' : 'A'
      expect(await readKeySet(document.slice(0, at) + other + document.slice(at + 1), expected)).toBe(
        'not_ours',
      )
    }
  })

  test.each([
    ['by a key that is not pinned', () => endorsed({}, stranger)],
    ['by the key that publishes', () => endorsed({}, publisher)],
    ['of another deployment', () => endorsed({ env: 'prod' })],
    ['of another issuer', () => endorsed({ iss: 'https://other.example' })],
    ['that has come to its end', () => endorsed({ verify_until: seconds })],
    ['of another key', async () => ({ ...(await endorsed()), endorsement: key.endorsement })],
    [
      'of a key whose coordinates were exchanged',
      async () => ({ ...key, ...('y' in key ? { x: key.y, y: key.x } : {}) }),
    ],
    ['of a version it does not know', () => endorsed({ v: 2 as 1 })],
  ])('drops a key with an endorsement %s', async (_what, make) => {
    const bad = await make()
    const mixed = await readKeySet(await build({ keys: [bad, key] }), expected)
    expect(mixed).toMatchObject({ keys: [{ key: { kid: key.kid } }] })
    expect(await readKeySet(await build({ keys: [bad] }), expected)).toBe('no_endorsed_key')
  })
})
