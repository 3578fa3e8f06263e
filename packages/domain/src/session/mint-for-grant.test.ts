import { describe, expect, test } from 'vitest'
import { RecentTokens, type Signer } from '../signing-key/index.ts'
import { mintForGrant, type MintForGrant } from './mint-for-grant.ts'

const now = new Date('2026-11-21T12:00:00.000Z')
const grant: MintForGrant = {
  issuer: 'https://id.example.test',
  tenantId: 'ten_1',
  userId: 'usr_1',
  grantId: 'grt_1',
  clientId: 'cli_1',
  claims: {
    aud: 'https://api.example',
    scope: 'openid',
    amr: ['pwd'],
    acr: 'aal1',
    auth_time: 1,
    status: { list: 'local-0', idx: 7 },
  },
  claimsVersion: 1,
  accessTokenSeconds: 900,
  now,
  endsAt: new Date('2026-11-21T20:00:00.000Z'),
}

/** A signer that is as scarce as one in KMS, and what it was asked to sign. */
function scarceSigner(kid = 'kid-1') {
  const clock = { elapsed: 0, fails: false }
  const signed: string[] = []
  const recentTokens = new RecentTokens(() => clock.elapsed)
  const sign = async (input: string) => {
    if (clock.fails) throw new Error('KMS is away')
    signed.push(input)
    return 'signature'
  }
  const signer: Signer = { kid, alg: 'ES256', header: kid, sign, recentTokens }
  return { signer, signed, clock }
}

describe('mintForGrant, where signing is scarce', () => {
  test('gives the same token again within seconds, and to who asks while it is signed', async () => {
    const { signer, signed, clock } = scarceSigner()
    const [one, other] = await Promise.all([mintForGrant(signer, grant), mintForGrant(signer, grant)])
    expect(other).toEqual(one)
    clock.elapsed += 2_000
    const again = await mintForGrant(signer, { ...grant, now: new Date(now.getTime() + 2_000) })
    expect(again.accessToken).toBe(one.accessToken)
    expect(again.expiresIn).toBe(one.expiresIn - 2) // it is two seconds older
    expect(signed).toHaveLength(1)
    clock.elapsed += 1_001
    expect((await mintForGrant(signer, grant)).accessToken).not.toBe(one.accessToken)
    expect(signed).toHaveLength(2)
  })

  const { claims } = grant
  test.each<[string, Partial<MintForGrant>]>([
    ['issuer', { issuer: 'https://other.example.test' }],
    ['tenant', { tenantId: 'ten_2' }],
    ['person', { userId: 'usr_2' }],
    ['session and grant', { grantId: 'grt_2' }],
    ['client', { clientId: 'cli_2' }],
    ['audience', { claims: { ...claims, aud: 'https://other.example' } }],
    ['scope', { claims: { ...claims, scope: 'openid email' } }],
    ['proof', { claims: { ...claims, amr: ['pwd', 'otp', 'mfa'] } }],
    ['acr', { claims: { ...claims, acr: 'aal2' } }],
    ['auth_time', { claims: { ...claims, auth_time: 2 } }],
    ['key that it is bound to', { claims: { ...claims, cnf: { jkt: 'a' } } as MintForGrant['claims'] }],
    ['roles', { claims: { ...claims, roles: ['clerk'] } }],
    ['status slot', { claims: { ...claims, status: { list: 'local-0', idx: 8 } } }],
    ['status list', { claims: { ...claims, status: { list: 'local-1', idx: 7 } } }],
    ['version of the claims', { claimsVersion: 2 }],
    ['life', { accessTokenSeconds: 300 }],
    ['end', { endsAt: new Date('2026-11-21T12:05:00.000Z') }],
  ])('never gives one across another %s', async (_what, changes) => {
    const { signer, signed } = scarceSigner()
    const one = await mintForGrant(signer, grant)
    const other = await mintForGrant(signer, { ...grant, ...changes })
    expect(other.accessToken).not.toBe(one.accessToken)
    expect(signed).toHaveLength(2)
  })

  test('nor by a key that signs no more', async () => {
    const { signer } = scarceSigner()
    const one = await mintForGrant(signer, grant)
    const other = await mintForGrant({ ...signer, kid: 'kid-2', header: 'kid-2' }, grant)
    expect(other.accessToken).not.toBe(one.accessToken)
  })

  test('forgets at once what could not be signed', async () => {
    const { signer, clock } = scarceSigner()
    clock.fails = true
    await expect(mintForGrant(signer, grant)).rejects.toThrow('KMS is away')
    clock.fails = false
    await expect(mintForGrant(signer, grant)).resolves.toBeDefined()
  })

  test('signs each anew where signing is in memory', async () => {
    const { signer, signed } = scarceSigner()
    const { recentTokens: _none, ...inMemory } = signer
    const tokens = [await mintForGrant(inMemory, grant), await mintForGrant(inMemory, grant)]
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(2)
    expect(signed).toHaveLength(2)
  })
})
