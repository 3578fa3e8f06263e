import type { ServerResponse } from 'node:http'
import { signAnchored } from '@iam/domain/key-set'
import { testAnchors } from '@iam/testkit/kms'
import { altered } from '@iam/testkit/world'
import { IssuerKey, StandInIssuer } from '@iam/testkit/issuer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVerifier, KeysUnavailable, type VerifierOptions } from './index.ts'

const audience = 'https://api.example'
const second = 1_000
const { publisher, spare, endorser, stranger } = testAnchors

let issuer: StandInIssuer
beforeEach(async () => {
  issuer = await StandInIssuer.open()
})
afterEach(() => issuer.close())

const open = (options: Partial<VerifierOptions> = {}) =>
  createVerifier({ issuer: issuer.url, audience, tenants: 'any', now: issuer.now, ...options })

const fail = (status: number) => () =>
  (issuer.instead = (response) => void response.writeHead(status).end('away'))

const breakdowns: readonly (readonly [string, () => void])[] = [
  ['answers 500', () => fail(500)()],
  ['answers 429', () => fail(429)()],
  ['hangs up', () => (issuer.instead = (response) => void response.destroy())],
  ['answers something else', () => (issuer.document = '<html>')],
  ['answers with no key', () => (issuer.document = '{"keys":[]}')],
  ['answers with no list', () => (issuer.document = '{"keys":{}}')],
  ['answers endlessly', () => (issuer.instead = (response) => void response.end(Buffer.alloc(2 ** 21, ' ')))],
  [
    'sends somewhere else',
    () => (issuer.instead = (response) => void response.writeHead(302, { location: '/elsewhere' }).end()),
  ],
]

describe('the key set of a verifier', () => {
  test('is fetched once for everybody who waits, and not again while it is fresh', async () => {
    const verifier = open()
    const token = issuer.mint()
    await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)))
    issuer.time += 100 * second
    await verifier.verify(token)
    expect(issuer.asked).toBe(1)
  })

  test('is renewed behind the request’s back before it runs out, by its tag', async () => {
    const verifier = open()
    await verifier.ready()
    issuer.time += 280 * second
    await verifier.verify(issuer.mint())
    await expect.poll(() => issuer.unchanged, { timeout: 10_000 }).toBe(1)
    expect(issuer.asked).toBe(2)
  })

  test('is not used longer than the service wants, however long it says of itself', async () => {
    issuer.cacheControl = 'public, max-age=86400'
    const verifier = open({ cacheSeconds: 60 })
    await verifier.ready()
    issuer.time += 61 * second
    await verifier.verify(issuer.mint())
    expect(issuer.asked).toBe(2)
  })

  test('C24: does not verify by a key that was given up once it has run out, however long nobody asked', async () => {
    const verifier = open()
    const token = issuer.mint({ claims: { exp: issuer.seconds + 86_400 } })
    await verifier.verify(token)
    issuer.keys = [new IssuerKey()]
    issuer.time += 10_000 * second
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  })

  test('knows a new key at once, and forgets one that was taken out', async () => {
    const verifier = open()
    await verifier.verify(issuer.mint())
    const [old] = issuer.keys
    issuer.keys = [new IssuerKey()]
    issuer.time += 31 * second
    await verifier.verify(issuer.mint())
    await expect(verifier.verify(issuer.mint({}, old))).rejects.toMatchObject({ reason: 'unknown_key' })
  })

  test.each(breakdowns)('outlives an issuer that %s, for a day', async (_what, breakIt) => {
    const verifier = open()
    await verifier.ready()
    breakIt()
    issuer.time += 86_000 * second
    expect(await verifier.verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
    issuer.time += 401 * second
    await expect(verifier.verify(issuer.mint())).rejects.toBeInstanceOf(KeysUnavailable)
  })

  test.each(breakdowns)(
    'that cannot be had at first is no fault of the token: an issuer that %s',
    async (_what, breakIt) => {
      breakIt()
      const verifier = open()
      await expect(verifier.ready()).rejects.toBeInstanceOf(KeysUnavailable)
      await expect(verifier.verify(issuer.mint())).rejects.toMatchObject({ status: 503, retryAfter: 1 })
      issuer.instead = undefined
      issuer.document = undefined
      issuer.time += second
      expect(await verifier.verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
    },
  )

  test('is asked for less and less often while the issuer is away', async () => {
    fail(503)()
    const verifier = open()
    for (let n = 0; n < 300; n += 1) {
      await verifier.ready().catch(() => undefined)
      issuer.time += second
    }
    // After 1, 2, 4, 8 and 16 seconds, then every 30.
    expect(issuer.asked).toBeLessThanOrEqual(16)
  })

  test('C24: once the issuer did not answer, no request is held up until its deadline', async () => {
    const verifier = open()
    const token = issuer.mint({ claims: { exp: issuer.seconds + 86_400 } })
    await verifier.verify(token)
    fail(503)()
    issuer.time += 301 * second
    await verifier.verify(token)
    issuer.time += second
    const waiting: ServerResponse[] = []
    issuer.instead = (response) => void waiting.push(response)
    expect(await verifier.verify(token)).toMatchObject({ subject: 'usr_1' })
    expect(waiting).toHaveLength(1)
    // Nobody has given up on the question meanwhile.
    waiting[0]?.end(JSON.stringify({ keys: [new IssuerKey().jwk] }))
    const refused = () => verifier.verify(token).catch((error: unknown) => error)
    await expect.poll(refused).toMatchObject({ reason: 'unknown_key' })
    expect(issuer.asked).toBe(3)
  })

  test('C263: is renewed in time, though the clock is set back', async () => {
    let age = 0
    const verifier = open({ monotonic: () => age })
    issuer.time += 3_600 * second
    await verifier.ready()
    issuer.time -= 3_600 * second
    const token = issuer.mint()
    expect(await verifier.verify(token)).toMatchObject({ subject: 'usr_1' })
    issuer.keys = [new IssuerKey()]
    age += 301 * second
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'unknown_key' })
  })

  test('is not fetched in the clear from another machine', () => {
    expect(() => open({ issuer: 'http://id.example' })).toThrow('https')
  })
})

describe('the signed key set of a verifier', () => {
  const pinned = { env: 'test', keySet: [publisher.kid], endorsement: [endorser.kid] }

  test('is taken by its pinned key, each of its keys by its endorsement', async () => {
    await issuer.publish({ publisher, endorser })
    expect(await open({ pinned }).verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
  })

  test.each([
    ['by a key that nobody pinned', () => issuer.publish({ publisher: stranger, endorser })],
    ['by the key that endorses', () => issuer.publish({ publisher: endorser, endorser })],
    ['whose keys nobody pinned endorses', () => issuer.publish({ publisher, endorser: stranger })],
    ['whose keys the publisher endorses', () => issuer.publish({ publisher, endorser: publisher })],
    ['of another issuer', () => issuer.publish({ publisher, endorser }, { iss: 'https://other.example' })],
    ['about another issuer', () => issuer.publish({ publisher, endorser }, { sub: 'https://other.example' })],
    ['that has expired', () => issuer.publish({ publisher, endorser }, { exp: issuer.seconds })],
    ['from the future', () => issuer.publish({ publisher, endorser }, { iat: issuer.seconds + 61 })],
    ['without versions', () => issuer.publish({ publisher, endorser }, { parts: undefined })],
    [
      'with keys that are not endorsed',
      () => issuer.publish({ publisher, endorser }, { keys: [issuer.keys[0]?.jwk] }),
    ],
    ['that is plain', async () => (issuer.document = undefined)],
    [
      'of another type',
      async () => {
        const claims = { iss: issuer.url, sub: issuer.url, iat: issuer.seconds, keys: [] }
        issuer.document = await signAnchored(publisher, 'JWT', claims)
      },
    ],
    [
      'that was tampered with',
      async () => {
        await issuer.publish({ publisher, endorser })
        issuer.document = altered(issuer.document ?? '')
      },
    ],
  ])('is refused %s, and the last good one stays', async (_what, publish) => {
    await issuer.publish({ publisher, endorser })
    const verifier = open({ pinned })
    await verifier.ready()
    const trusted = issuer.keys[0]
    issuer.keys = [new IssuerKey()]
    issuer.time += 31 * second
    await publish()
    await expect(verifier.verify(issuer.mint())).rejects.toMatchObject({ reason: 'unknown_key' })
    expect(await verifier.verify(issuer.mint({}, trusted))).toMatchObject({ subject: 'usr_1' })
    await expect(open({ pinned }).ready()).rejects.toBeInstanceOf(KeysUnavailable)
  })

  test('C24: does not verify by a key that it says was given up, though it is endorsed', async () => {
    await issuer.publish({ publisher, endorser })
    const verifier = open({ pinned })
    const [old] = issuer.keys
    await verifier.verify(issuer.mint())
    issuer.keys = [new IssuerKey(), ...issuer.keys]
    await issuer.publish({ publisher, endorser }, { revoked: [old?.kid] })
    issuer.time += 31 * second
    await verifier.verify(issuer.mint())
    await expect(verifier.verify(issuer.mint({}, old))).rejects.toMatchObject({ reason: 'unknown_key' })
  })

  test('C261: follows to the spare, and takes nothing any more by the anchor that has retired', async () => {
    const both = { ...pinned, keySet: [publisher.kid, spare.kid] }
    await issuer.publish({ publisher, endorser })
    const verifier = open({ pinned: both })
    await verifier.verify(issuer.mint())
    issuer.time += 31 * second
    issuer.keys = [new IssuerKey()]
    await issuer.publish({ publisher: spare, endorser }, { retired_anchors: [publisher.kid] })
    expect(await verifier.verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
    issuer.time += 31 * second
    issuer.keys = [new IssuerKey()]
    await issuer.publish({ publisher, endorser })
    await expect(verifier.verify(issuer.mint())).rejects.toMatchObject({ reason: 'unknown_key' })
    issuer.time += 31 * second
    await issuer.publish({ publisher: spare, endorser })
    expect(await verifier.verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
  })

  test('is never taken back to an older one', async () => {
    await issuer.publish({ publisher, endorser }, { parts: { local: 2, abroad: 7 } })
    const verifier = open({ pinned })
    await verifier.ready()
    const parts = [{ local: 1, abroad: 7 }, { local: 3, abroad: 6 }, { local: 3 }]
    for (const older of parts) {
      issuer.keys = [new IssuerKey()]
      issuer.time += 31 * second
      await issuer.publish({ publisher, endorser }, { parts: older })
      await expect(verifier.verify(issuer.mint())).rejects.toMatchObject({ reason: 'unknown_key' })
    }
    await issuer.publish({ publisher, endorser }, { parts: { local: 3, abroad: 7 } })
    issuer.time += 31 * second
    expect(await verifier.verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
  })

  test('is not kept alive beyond its end by whoever says that it has not changed', async () => {
    await issuer.publish({ publisher, endorser })
    const verifier = open({ pinned, keepSeconds: 3600 })
    await verifier.ready()
    issuer.time += 1800 * second
    await verifier.verify(issuer.mint())
    expect(issuer.unchanged).toBe(1)
    issuer.time += 1801 * second
    await verifier.verify(issuer.mint())
    expect(issuer.unchanged).toBe(1)
    issuer.time += 1800 * second
    await expect(verifier.verify(issuer.mint())).rejects.toBeInstanceOf(KeysUnavailable)
  })

  test('verifies by a key until its endorsed end, though nothing newer can be had', async () => {
    await issuer.publish({ publisher, endorser })
    const verifier = open({ pinned, keepSeconds: 30 * 86_400 })
    await verifier.ready()
    fail(500)()
    issuer.time += 86_399 * second
    expect(await verifier.verify(issuer.mint())).toMatchObject({ subject: 'usr_1' })
    issuer.time += second
    await expect(verifier.verify(issuer.mint())).rejects.toMatchObject({ reason: 'unknown_key' })
  })
})
