import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { IssuerKey, StandInIssuer, type Minting } from '@iam/testkit/issuer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifier, TokenRefused, type RefusedFor, type Verifier } from './index.ts'

const audience = 'https://api.example'

describe('verifying an access token', () => {
  let issuer: StandInIssuer
  let verifier: Verifier
  const [es256, rs256, eddsa] = [new IssuerKey('ES256'), new IssuerKey('RS256'), new IssuerKey('EdDSA')]
  const stranger = new IssuerKey()
  beforeAll(async () => {
    issuer = await StandInIssuer.open()
    issuer.keys = [es256, rs256, eddsa]
    verifier = createVerifier({ issuer: issuer.url, audience, tenants: ['ten_1'], now: issuer.now })
  })
  afterAll(() => issuer.close())

  const refusal = async (token: string) => {
    const error: unknown = await verifier.verify(token).catch((thrown: unknown) => thrown)
    return error instanceof TokenRefused ? error.reason : error
  }

  test('C1: takes tokens by the algorithms alone that the service named', async () => {
    const common = {
      issuer: issuer.url,
      audience: 'https://api.example',
      tenants: 'any',
      now: issuer.now,
    } as const
    const pinned = createVerifier({ ...common, algorithms: ['RS256'] })
    expect(await pinned.verify(issuer.mint({}, rs256))).toMatchObject({ subject: 'usr_1' })
    for (const key of [es256, eddsa])
      await expect(pinned.verify(issuer.mint({}, key))).rejects.toMatchObject({ reason: 'wrong_algorithm' })
    for (const algorithms of [[], ['HS256' as 'RS256']])
      expect(() => createVerifier({ ...common, algorithms })).toThrow('The algorithms must be some of')
  })

  test.each([es256, rs256, eddsa])('says whose it is and what it may do, signed with $alg', async (key) => {
    expect(await verifier.verify(issuer.mint({}, key))).toEqual({
      subject: 'usr_1',
      tenantId: 'ten_1',
      clientId: 'cli_1',
      grantId: 'grt_1',
      tokenId: 'jti_1',
      scopes: ['orders:read', 'orders:write'],
      amr: ['pwd'],
      acr: 'aal1',
      authTime: issuer.seconds,
      roles: [],
      issuedAt: issuer.seconds,
      expiresAt: issuer.seconds + 900,
    })
  })

  test('says what the person is to other services', async () => {
    expect(await verifier.verify(issuer.mint({ claims: { roles: ['hotel-7/manager'] } }))).toMatchObject({
      roles: ['hotel-7/manager'],
    })
    for (const roles of ['manager', [7], null])
      expect(await refusal(issuer.mint({ claims: { roles } }))).toBe('malformed_claims')
  })

  const unsigned = () => Buffer.alloc(0)
  const pem = createPublicKey({ key: es256.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const hmacWith = (secret: string | Buffer) => (input: string) =>
    createHmac('sha256', secret).update(input).digest()
  const derOf = (signature: Buffer) => Buffer.concat([Buffer.from([0x30, 0x44]), signature])
  const latin1 = (claims: object) => Buffer.from(JSON.stringify(claims), 'latin1')
  const repeat = (text: string, times: number) => text.repeat(times)

  /** Tokens that are to be refused, by why. */
  const hostile: Partial<Record<RefusedFor, readonly (readonly [string, Minting])[]>> = {
    malformed: [
      ['C1: an empty signature', { signature: unsigned }],
      ['C1: alg none without a signature', { header: { alg: 'none' }, signature: unsigned }],
      ['C5: ten kilobytes of key id', { header: { kid: repeat('k', 10_240) } }],
      ['C14: a payload that is no object', { payload: () => '[]' }],
      ['C14: a payload that is no JSON', { payload: () => 'iss=me' }],
      ['C15: a payload of 64 kB', { claims: { pad: repeat('a', 65_536) } }],
    ],
    wrong_header: [
      ['C1: alg none', { header: { alg: 'none' } }],
      ['C1: alg None', { header: { alg: 'None' } }],
      ['C1: alg nOnE', { header: { alg: 'nOnE' } }],
      ['C1: alg in small letters', { header: { alg: 'es256' } }],
      ['C1: no alg', { header: { alg: undefined } }],
      ['C2: HS256 with the public key as PEM', { header: { alg: 'HS256' }, signature: hmacWith(pem) }],
      [
        'C2: HS256 with the public key as JWK',
        { header: { alg: 'HS256' }, signature: hmacWith(JSON.stringify(es256.jwk)) },
      ],
      ['C4: Ed25519 for EdDSA', { header: { alg: 'Ed25519' } }],
      ['C7: jku', { header: { jku: 'https://attacker.example/jwks.json' } }],
      ['C7: x5u', { header: { x5u: 'http://169.254.169.254/' } }],
      [
        'C8: jwk',
        { header: { jwk: stranger.jwk, kid: stranger.kid }, signature: (bytes) => stranger.sign(bytes) },
      ],
      ['C8: x5c', { header: { x5c: ['MIIB'] } }],
      ['C9: an unknown crit', { header: { crit: ['exp'], exp: 1 } }],
      ['C9: an empty crit', { header: { crit: [] } }],
      ['C10: b64 false', { header: { b64: false } }],
      ['C10: b64 false with crit', { header: { b64: false, crit: ['b64'] } }],
      ['C11: alg twice', { rawHeader: `{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"${es256.kid}"}` }],
      [
        'C11: white space in the header',
        { rawHeader: `{ "alg":"ES256","typ":"at+jwt","kid":"${es256.kid}"}` },
      ],
      ['C18: an encrypted token’s header', { header: { alg: 'RSA-OAEP', enc: 'A256GCM', zip: 'DEF' } }],
      ['C20: an ID token', { header: { typ: 'JWT' } }],
      ['C20: a logout token', { header: { typ: 'logout+jwt' } }],
      ['C20: no typ', { header: { typ: undefined } }],
      ['C20: typ in capitals', { header: { typ: 'AT+JWT' } }],
    ],
    unknown_key: [
      ['C3: RS256 named where the key says ES256', { header: { alg: 'RS256' } }],
      ['C3: the name of another key', { header: { kid: rs256.kid } }],
      ['C4: EdDSA named where the key says ES256', { header: { alg: 'EdDSA' } }],
      ['C5: a path for a key id', { header: { kid: '../../dev/null' } }],
      ['C5: SQL for a key id', { header: { kid: "' OR 1=1--" } }],
      ['C5: NUL in a key id', { header: { kid: `${es256.kid}\0` } }],
      ['C5: a URL for a key id', { header: { kid: 'https://attacker.example/key' } }],
      ['C5: __proto__ for a key id', { header: { kid: '__proto__' } }],
    ],
    bad_signature: [
      ['C13: a payload that is no UTF-8', { payload: (claims) => latin1({ ...claims, acr: '\u00ff' }) }],
      ['C16: r and s of zero', { signature: () => Buffer.alloc(64) }],
      ['C16: r and s beyond the order', { signature: () => Buffer.alloc(64, 0xff) }],
      ['C16: DER instead of r and s', { signature: (bytes) => derOf(es256.sign(bytes)) }],
      ['C16: a signature that is short', { signature: (bytes) => es256.sign(bytes).subarray(1) }],
      ['another key than it names', { signature: (bytes) => stranger.sign(bytes) }],
    ],
    malformed_claims: [
      ['C19: no exp', { claims: { exp: undefined } }],
      ['C19: exp as text', { claims: { exp: '9999999999' } }],
      ['C19: exp below zero', { claims: { exp: -1 } }],
      [
        'C19: exp of 1e400',
        { claims: { exp: 'far' }, payload: (claims) => JSON.stringify(claims).replace('"far"', '1e400') },
      ],
      ['C19: exp with a fraction', { claims: { exp: 9_999_999_999.5 } }],
      ['C23: no tenant', { claims: { tid: undefined } }],
      ['amr that is no list', { claims: { amr: 'pwd' } }],
      ['amr that is no list of texts', { claims: { amr: [1] } }],
    ],
    wrong_audience: [
      ['C21: another audience', { claims: { aud: 'https://other.example' } }],
      ['C21: no audience', { claims: { aud: undefined } }],
      ['C21: an empty list of audiences', { claims: { aud: [] } }],
      ['C21: us and somebody else', { claims: { aud: [audience, 'https://other.example'] } }],
      ['C21: a number for an audience', { claims: { aud: 1 } }],
    ],
    wrong_tenant: [['C23: another tenant', { claims: { tid: 'ten_2' } }]],
  }

  const cases = Object.entries(hostile).flatMap(([reason, tokens]) =>
    tokens.map(([what, minting]) => ({ reason, what, minting })),
  )

  test.each(cases)('refuses $what: $reason', async ({ reason, minting }) => {
    expect(await refusal(issuer.mint(minting))).toBe(reason)
  })

  test('C17: leaves out of a key set what nobody should verify by', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = { ...publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256', use: 'sig' }
    const withPrivate = new IssuerKey()
    const offCurve = new IssuerKey()
    const unnamed = new IssuerKey()
    const forSecrecy = new IssuerKey()
    issuer.document = JSON.stringify({
      keys: [
        es256.jwk,
        weak,
        { ...withPrivate.jwk, d: withPrivate.privateKey.export({ format: 'jwk' }).d },
        { ...offCurve.jwk, y: offCurve.jwk.x },
        { ...unnamed.jwk, alg: undefined },
        { ...forSecrecy.jwk, use: 'enc' },
        'no key',
        null,
      ],
    })
    const other = createVerifier({ issuer: issuer.url, audience, tenants: 'any', now: issuer.now })
    const of = (key: IssuerKey) => other.verify(issuer.mint({}, key))
    expect(await of(es256)).toMatchObject({ subject: 'usr_1' })
    for (const key of [withPrivate, offCurve, unnamed, forSecrecy]) {
      await expect(of(key)).rejects.toMatchObject({ reason: 'unknown_key' })
    }
    issuer.document = undefined
  })

  test('C25: takes neither of two keys with one name', async () => {
    const twin = new IssuerKey()
    issuer.document = JSON.stringify({ keys: [es256.jwk, rs256.jwk, { ...twin.jwk, kid: es256.kid }] })
    const other = createVerifier({ issuer: issuer.url, audience, tenants: 'any', now: issuer.now })
    expect(await other.verify(issuer.mint({}, rs256))).toMatchObject({ subject: 'usr_1' })
    await expect(other.verify(issuer.mint({}, es256))).rejects.toMatchObject({ reason: 'unknown_key' })
    issuer.document = undefined
  })

  test.each([
    [
      'C12: JSON instead of the compact form',
      (token: string) => JSON.stringify({ payload: token.split('.')[1] }),
    ],
    ['C12: a line break', (token: string) => `${token}\r\n`],
    ['C12: a space', (token: string) => token.replace('.', ' .')],
    ['C13: padding', (token: string) => `${token}==`],
    ['C13: another spelling of the last character', respelled],
    [
      'C13: the other alphabet',
      (token: string) => token.replaceAll('_', '/').replaceAll('-', '+').replace('.', '+.'),
    ],
    ['C14: one dot', (token: string) => token.split('.').slice(0, 2).join('.')],
    ['C14: four dots', (token: string) => `${token}.a.b`],
    ['C14: six dots', (token: string) => `${token}.a.b.c.d`],
    ['C14: no header', (token: string) => `.${token.split('.').slice(1).join('.')}`],
    ['C14: nothing', () => ''],
    ['C15: a megabyte', (token: string) => token + repeat('A', 1_048_576)],
    [
      'C15: a header ten thousand brackets deep',
      () => `${Buffer.from(repeat('[', 10_000) + repeat(']', 10_000)).toString('base64url')}.e30.AA`,
    ],
  ])('refuses %s', async (_what, change) => {
    expect(await refusal(change(issuer.mint()))).toBe('malformed')
  })

  test.each(['/', ':443', 'X'])('C22: refuses an issuer that differs by %s', async (ending) => {
    expect(await refusal(issuer.mint({ claims: { iss: issuer.url + ending } }))).toBe('wrong_issuer')
  })

  test('C19: forgives clocks ten seconds, and not sixty', async () => {
    const at = issuer.seconds
    expect(await verifier.verify(issuer.mint({ claims: { exp: at - 9 } }))).toBeDefined()
    expect(await refusal(issuer.mint({ claims: { exp: at - 11 } }))).toBe('expired')
    expect(await refusal(issuer.mint({ claims: { nbf: at + 11 } }))).toBe('not_yet_valid')
    expect(await refusal(issuer.mint({ claims: { iat: at + 61 } }))).toBe('not_yet_valid')
    expect(await verifier.verify(issuer.mint({ claims: { nbf: at + 9, iat: at + 9 } }))).toBeDefined()
  })

  test('C6: a thousand made-up key ids at once are one question', async () => {
    const before = issuer.asked
    issuer.time += 31_000
    const tokens = Array.from({ length: 1_000 }, (_, n) => issuer.mint({ header: { kid: `made-up-${n}` } }))
    expect(new Set(await Promise.all(tokens.map(refusal)))).toEqual(new Set(['unknown_key']))
    for (const token of tokens.slice(0, 50)) expect(await refusal(token)).toBe('unknown_key')
    expect(issuer.asked - before).toBe(1)
  })
})

/** The same bytes in another spelling: the spare bits of the last character are not zero. */
function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1] ?? ''
  const other = token.slice(0, -1) + last
  const bytes = (text: string) => Buffer.from(text.split('.')[2] ?? '', 'base64url')
  if (!bytes(other).equals(bytes(token))) throw new Error('This is another signature.')
  return other
}
