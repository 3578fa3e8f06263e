import type { ServerResponse } from 'node:http'
import { deflateSync } from 'node:zlib'
import { testAnchors } from '@iam/testkit/kms'
import { IssuerKey, StandInIssuer, type Minting, type StatusListChanges } from '@iam/testkit/issuer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVerifier, StatusUnavailable, TokenRefused, type VerifierOptions } from './index.ts'

const audience = 'https://api.example'
const second = 1_000
const { publisher, endorser } = testAnchors

let issuer: StandInIssuer
beforeEach(async () => {
  issuer = await StandInIssuer.open()
  issuer.publishStatusList('eu-0', [7])
})
afterEach(() => issuer.close())

const open = (options: Partial<VerifierOptions> = {}) =>
  createVerifier({ issuer: issuer.url, audience, tenants: 'any', now: issuer.now, ...options })

const token = (idx: number, id = 'eu-0', minting: Minting = {}) =>
  issuer.mint({ ...minting, claims: { status: issuer.statusClaim(id, idx), ...minting.claims } })

/** What becomes of a token: `taken`, `unavailable`, or why it is refused. */
const outcome = (verifying: Promise<unknown>): Promise<string> =>
  verifying.then(
    () => 'taken',
    (error: unknown) => {
      if (error instanceof TokenRefused) return error.reason
      if (error instanceof StatusUnavailable) return 'unavailable'
      throw error
    },
  )

describe('the status of a token', () => {
  test.each([
    ['plain', {}],
    ['pinned', { pinned: { env: 'test', keySet: [publisher.kid], endorsement: [endorser.kid] } }],
  ])('refuses who was revoked, and nobody else, with a key set that is %s', async (_, options) => {
    if ('pinned' in options) await issuer.publish({ publisher, endorser })
    const verifier = open({ status: 'required', ...options })
    expect(await outcome(verifier.verify(token(7)))).toBe('revoked')
    for (const idx of [0, 6, 8, 131_071]) expect(await outcome(verifier.verify(token(idx)))).toBe('taken')
  })

  test('is asked of a list once for everybody who waits, and again when the list says so', async () => {
    const verifier = open()
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token(1))))
    expect(issuer.listsAsked).toBe(1)
    issuer.publishStatusList('eu-0', [1])
    issuer.time += 8 * second
    expect(await outcome(verifier.verify(token(1)))).toBe('taken')
    issuer.time += 8 * second
    expect(await outcome(verifier.verify(token(1)))).toBe('revoked')
    expect(issuer.listsAsked).toBe(2)
  })

  test('is renewed behind the request’s back before the list runs out', async () => {
    const verifier = open()
    await verifier.verify(token(1))
    issuer.time += 14 * second
    await verifier.verify(token(1))
    await expect.poll(() => issuer.listsAsked, { timeout: 10_000 }).toBe(2)
  })

  test('is asked about after the signature alone: a forged token asks nobody', async () => {
    const forged = token(1, 'eu-0', { signature: () => Buffer.alloc(64, 1) })
    expect(await outcome(open({ status: 'required' }).verify(forged))).toBe('bad_signature')
    const foreign = token(1, 'eu-0', { claims: { aud: 'https://other.example' } })
    expect(await outcome(open({ status: 'required' }).verify(foreign))).toBe('wrong_audience')
    expect(issuer.listsAsked).toBe(0)
  })

  test('is looked at nowhere but at the issuer’s own address', async () => {
    const elsewhere = [
      'https://evil.example/.well-known/status-lists/eu-0',
      `${issuer.url}.evil.example/.well-known/status-lists/eu-0`,
      `${issuer.url}/.well-known/status-lists/../jwks.json`,
      `${issuer.url}/.well-known/status-lists/eu-0?x=1`,
      `${issuer.url}/other/eu-0`,
    ]
    for (const uri of elsewhere) {
      const claims = { status: { status_list: { idx: 1, uri } } }
      expect(await outcome(open().verify(issuer.mint({ claims })))).toBe('malformed_claims')
    }
    expect(issuer.listsAsked).toBe(0)
  })

  test.each([
    ['no object', 'revoked'],
    ['a list that is no object', { status_list: [] }],
    ['an index below zero', { status_list: { idx: -1, uri: '' } }],
    ['an index that is a text', { status_list: { idx: '7', uri: '' } }],
    ['an index that is a fraction', { status_list: { idx: 0.5, uri: '' } }],
  ])('refuses a claim that is %s', async (_, status) => {
    expect(await outcome(open().verify(issuer.mint({ claims: { status } })))).toBe('malformed_claims')
  })

  test('refuses a slot that the list does not have', async () => {
    expect(await outcome(open().verify(token(131_072)))).toBe('revoked')
    expect(await outcome(open().verify(token(Number.MAX_SAFE_INTEGER)))).toBe('revoked')
  })

  test('may be off, for all or for one route', async () => {
    expect(await outcome(open({ status: 'off' }).verify(token(7)))).toBe('taken')
    const verifier = open({ status: 'required' })
    expect(await outcome(verifier.verify(token(7), { status: 'off' }))).toBe('taken')
    expect(issuer.listsAsked).toBe(0)
    expect(await outcome(verifier.verify(token(7)))).toBe('revoked')
  })

  test('a token without one is taken, but where one is required', async () => {
    expect(await outcome(open().verify(issuer.mint()))).toBe('taken')
    expect(await outcome(open({ status: 'required' }).verify(issuer.mint()))).toBe('no_status')
  })
})

describe('a status list that cannot be had', () => {
  const away = () => (issuer.insteadOfLists = (response) => void response.writeHead(503).end())

  test('is used until it expires; then it decides where it is preferred, and not where it is required', async () => {
    const [preferred, required] = [open(), open({ status: 'required' })]
    for (const verifier of [preferred, required]) await verifier.verify(token(1))
    away()
    issuer.time += 299 * second
    for (const verifier of [preferred, required])
      expect(await outcome(verifier.verify(token(1)))).toBe('taken')
    expect(preferred.statusUnknown()).toBe(0)
    issuer.time += 2 * second
    expect(await outcome(preferred.verify(token(1)))).toBe('taken')
    expect(preferred.statusUnknown()).toBe(1)
    expect(await outcome(required.verify(token(1)))).toBe('unavailable')
    expect(await outcome(preferred.verify(token(7)))).toBe('revoked')
    expect(await outcome(required.verify(token(1), { status: 'preferred' }))).toBe('taken')
  })

  test('tells of revoked tokens for five minutes more, and not when its slots may be another’s', async () => {
    const verifier = open()
    await verifier.verify(token(1))
    away()
    issuer.time += 599 * second
    expect(await outcome(verifier.verify(token(7)))).toBe('revoked')
    issuer.time += 2 * second
    expect(await outcome(verifier.verify(token(7)))).toBe('taken')
  })

  test('is not asked for by every request: after one, two, four and at most fifteen seconds', async () => {
    away()
    const verifier = open()
    for (let time = 0; time < 60; time += 1) {
      await verifier.verify(token(1))
      issuer.time += second
    }
    expect(issuer.listsAsked).toBeLessThan(10)
    issuer.insteadOfLists = undefined
    issuer.time += 15 * second
    await expect.poll(() => outcome(verifier.verify(token(7)))).toBe('revoked')
  })

  test('C14: and once it was, holds up no request until its deadline', async () => {
    const verifier = open()
    away()
    await verifier.verify(token(1))
    issuer.time += second
    const waiting: ServerResponse[] = []
    issuer.insteadOfLists = (response) => void waiting.push(response)
    expect(await outcome(verifier.verify(token(7)))).toBe('taken')
    expect(waiting).toHaveLength(1)
    // Nobody has given up on the question meanwhile.
    waiting[0]?.end(issuer.statusLists.get(`${issuer.url}/.well-known/status-lists/eu-0`))
    await expect.poll(() => outcome(verifier.verify(token(7)))).toBe('revoked')
    expect(issuer.listsAsked).toBe(2)
  })

  test('C263: is asked for in time, though the clock is set back', async () => {
    let age = 0
    const verifier = open({ status: 'required', monotonic: () => age })
    issuer.time += 3_600 * second
    expect(await outcome(verifier.verify(token(1)))).toBe('unavailable')
    issuer.time -= 3_600 * second
    age += 16 * second
    await expect.poll(() => outcome(verifier.verify(token(1)))).toBe('taken')
    issuer.publishStatusList('eu-0', [1])
    age += 16 * second
    expect(await outcome(verifier.verify(token(1)))).toBe('revoked')
  })

  const spread = (list: object) => ({ claims: { status_list: list } })
  const other = new IssuerKey()
  const hostile: readonly (readonly [string, () => StatusListChanges])[] = [
    ['by a key for tokens', () => ({ key: issuer.keys[0] })],
    ['by a key that nobody knows', () => ({ key: other })],
    ['that names a key it is not by', () => ({ key: other, header: { kid: issuer.statusKeys[0]?.kid } })],
    ['of alg none', () => ({ header: { alg: 'none' } })],
    ['of another type', () => ({ header: { typ: 'at+jwt' } })],
    ['of no type', () => ({ header: { typ: undefined } })],
    ['about another list', () => ({ claims: { sub: `${issuer.url}/.well-known/status-lists/eu-1` } })],
    ['of another issuer', () => ({ claims: { sub: 'https://evil.example/.well-known/status-lists/eu-0' } })],
    ['that has expired', () => ({ claims: { exp: issuer.seconds } })],
    ['that never expires', () => ({ claims: { exp: undefined } })],
    ['from the future', () => ({ claims: { iat: issuer.seconds + 61 } })],
    ['of two bits a token', () => spread({ bits: 2, lst: '' })],
    ['of bits that are no ZLIB', () => spread({ bits: 1, lst: 'AAAA' })],
    ['that holds a million times its size', () => spread({ bits: 1, lst: bomb() })],
    ['with a time to live below zero', () => ({ claims: { ttl: -1 } })],
    ['that denies keys by no list', () => ({ claims: { denied_kids: 'all' } })],
  ]
  const bomb = () => deflateSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64url')

  test.each(hostile)('C1: is what one %s comes to', async (_, changes) => {
    const verifier = open({ status: 'required' })
    issuer.publishStatusList('eu-0', [], changes())
    expect(await outcome(verifier.verify(token(1)))).toBe('unavailable')
  })

  test.each(hostile)('C1: and one %s takes no good one’s place', async (_, changes) => {
    const verifier = open({ status: 'required' })
    await verifier.verify(token(1))
    issuer.time += 20 * second
    issuer.publishStatusList('eu-0', [1], changes())
    expect(await outcome(verifier.verify(token(1)))).toBe('taken')
    expect(await outcome(verifier.verify(token(7)))).toBe('revoked')
  })

  test('one that is older than one seen before takes its place neither', async () => {
    const verifier = open()
    await verifier.verify(token(1))
    issuer.time += 20 * second
    issuer.publishStatusList('eu-0', [], { claims: { iat: issuer.seconds - 21 } })
    expect(await outcome(verifier.verify(token(7)))).toBe('revoked')
  })
})

describe('keys that a status list denies', () => {
  test('C24: are let go of at once, and for good', async () => {
    const [kept = new IssuerKey(), given] = [issuer.keys[0], new IssuerKey()]
    issuer.keys = [kept, given]
    const verifier = open()
    const by = (key: IssuerKey) =>
      outcome(verifier.verify(issuer.mint({ claims: { status: issuer.statusClaim('eu-0', 1) } }, key)))
    expect(await by(given)).toBe('taken')
    issuer.time += 16 * second
    issuer.publishStatusList('eu-0', [], { claims: { denied_kids: [given.kid] } })
    expect(await by(given)).toBe('unknown_key')
    expect(await by(kept)).toBe('taken')
    issuer.time += 16 * second
    issuer.publishStatusList('eu-0')
    expect(await by(given)).toBe('unknown_key')
  })
})
