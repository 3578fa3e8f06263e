import { createHmac } from 'node:crypto'
import { logIn, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { mintAccessToken, verifyAccessToken, VerifiedTokens, type AccessTokenClaims } from './index.ts'

describe('verifyAccessToken', () => {
  let world: World
  let token: string
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    token = (await logIn(world)).accessToken
  })
  afterAll(() => world.close())

  const verify = (text: string) => verifyAccessToken({ ...world, verifiedTokens: new VerifiedTokens() }, text)
  const parts = () => token.split('.') as [string, string, string]
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = () => JSON.parse(Buffer.from(parts()[0], 'base64url').toString()) as Record<string, string>
  const claims = () => JSON.parse(Buffer.from(parts()[1], 'base64url').toString()) as AccessTokenClaims

  function signer() {
    const signer = world.signingKeys.signer(world.clock())
    if (signer === undefined) throw new Error('no key')
    return signer
  }

  async function withHeader(changes: object): Promise<string> {
    const input = `${encode({ ...header(), ...changes })}.${parts()[1]}`
    return `${input}.${await signer().sign(input)}`
  }

  const withClaims = async (changes: object) => mintAccessToken(signer(), { ...claims(), ...changes })

  test('takes a token that was just issued', () => {
    expect(verify(token)).toMatchObject({ tenantId: world.acme, userId: claims().sub, grantId: claims().sid })
  })

  test.each(['none', 'None', 'nOnE', 'HS256', 'RS256', 'EdDSA', ''])(
    'C1, C3: refuses alg %s however it is signed',
    async (alg) => {
      const signed = await withHeader({ alg })
      expect(() => verify(signed)).toThrow('invalid_token')
      expect(() => verify(`${encode({ ...header(), alg })}.${parts()[1]}.`)).toThrow('invalid_token')
    },
  )

  test('C2: refuses HS256 with our public key as its secret', () => {
    const key = world.signingKeys.byKid(header()['kid'] ?? '')
    const pem = key?.publicKey.export({ type: 'spki', format: 'pem' }) ?? ''
    const input = `${encode({ ...header(), alg: 'HS256' })}.${parts()[1]}`
    const signature = createHmac('sha256', pem).update(input).digest('base64url')
    expect(() => verify(`${input}.${signature}`)).toThrow('invalid_token')
  })

  test.each([
    '../../dev/null',
    "' OR 1=1--",
    '\0',
    'x'.repeat(10_000),
    'https://evil.example/k',
    '__proto__',
    '',
  ])('C5: refuses kid %j', async (kid) => {
    const named = await withHeader({ kid })
    expect(() => verify(named)).toThrow('invalid_token')
  })

  test.each([
    { jku: 'https://evil.example/jwks' },
    { x5u: 'http://169.254.169.254/' },
    { jwk: {} },
    { x5c: [] },
    { crit: ['exp'] },
    { crit: [] },
    { b64: false },
    { typ: 'JWT' },
    { typ: 'logout+jwt' },
  ])('C7, C8, C9, C10, C20: refuses a header with %j', async (extra) => {
    const changed = await withHeader(extra)
    expect(() => verify(changed)).toThrow('invalid_token')
  })

  test('C11: refuses a header whose members are given twice or in another order', async () => {
    const { alg, typ, kid } = header()
    for (const text of [
      `{"alg":"none","alg":"${alg}","typ":"${typ}","kid":"${kid}"}`,
      `{"kid":"${kid}","alg":"${alg}","typ":"${typ}"}`,
      ` {"alg":"${alg}","typ":"${typ}","kid":"${kid}"}`,
    ]) {
      const input = `${Buffer.from(text).toString('base64url')}.${parts()[1]}`
      const signed = `${input}.${await signer().sign(input)}`
      expect(() => verify(signed)).toThrow('invalid_token')
    }
  })

  test('C12, C14: refuses JSON serialisations, spaces, and any other number of segments', () => {
    const [protectedHeader, payload, signature] = parts()
    for (const text of [
      JSON.stringify({ protected: protectedHeader, payload, signature }),
      `${token} `,
      `\r\n${token}`,
      `${protectedHeader}.${payload}`,
      `${token}.x`,
      `${protectedHeader}..${signature}`,
      '..',
      `${token}.x.y`,
    ]) {
      expect(() => verify(text)).toThrow('invalid_token')
    }
  })

  test('C13: refuses padding, the other alphabet and spare bits in the signature', () => {
    const [protectedHeader, payload, signature] = parts()
    const last = signature.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const spare = alphabet[(alphabet.indexOf(last) & ~15) | ((alphabet.indexOf(last) + 1) & 15)] ?? ''
    for (const text of [`${signature}==`, signature.replace(/.$/, '+'), signature.slice(0, -1) + spare]) {
      expect(() => verify(`${protectedHeader}.${payload}.${text}`)).toThrow('invalid_token')
    }
  })

  test('C15: refuses a token of a megabyte before decoding it', () => {
    expect(() => verify(`${parts()[0]}.${'A'.repeat(1_000_000)}.${parts()[2]}`)).toThrow('invalid_token')
  })

  test('C16: refuses signatures of zeros, of the order, and in DER', () => {
    const [protectedHeader, payload] = parts()
    const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
    for (const hex of [
      '00'.repeat(64),
      order.repeat(2),
      `${'00'.repeat(32)}${order}`,
      '3044'.padEnd(128, '02'),
    ]) {
      expect(() =>
        verify(`${protectedHeader}.${payload}.${Buffer.from(hex, 'hex').toString('base64url')}`),
      ).toThrow('invalid_token')
    }
  })

  test('C19: refuses a token at its end, also one that was verified before', async () => {
    const remembered = { ...world, verifiedTokens: new VerifiedTokens() }
    const short = await withClaims({ exp: Math.floor(world.clock().getTime() / 1000) + 60 })
    expect(verifyAccessToken(remembered, short)).toBeDefined()
    await world.testClock.advance(61)
    expect(() => verifyAccessToken(remembered, short)).toThrow('invalid_token')
  })

  test('C21, C22: refuses another audience and any other spelling of the issuer', async () => {
    for (const changes of [
      { aud: 'https://other.example' },
      { aud: [claims().aud] },
      { aud: undefined },
      { iss: `${claims().iss}/` },
      { iss: claims().iss.toUpperCase() },
      { iss: undefined },
    ]) {
      const other = await withClaims(changes)
      expect(() => verify(other)).toThrow('invalid_token')
    }
  })

  test('C24: refuses a token at once when its key is gone, also one that was verified before', () => {
    const remembered = { ...world, verifiedTokens: new VerifiedTokens() }
    expect(verifyAccessToken(remembered, token)).toBeDefined()
    const keys = world.signingKeys.all()
    world.signingKeys.replace([], 0)
    expect(() => verifyAccessToken(remembered, token)).toThrow('invalid_token')
    world.signingKeys.replace(keys, 0)
  })
})
