import { generateKeyPairSync } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import {
  buildKeySet,
  digestOf,
  endorsementTyp,
  signAnchored,
  signHistoricalKeys,
  thumbprint,
  type AnchorSigner,
  type BuildKeySet,
  type EndorsedKey,
  type HistoricalKey,
  type PublicJwk,
} from '@iam/domain/key-set'
import { asking } from '@iam/testkit/http'
import { testAnchors } from '@iam/testkit/kms'
import { altered } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginWith } from './begin-with.ts'
import { ServedKeySet } from './served-key-set.ts'
import { ServedStatusLists } from './served-status-lists.ts'
import { buildServer } from './server.ts'

const issuer = 'https://id.example.test'
const day = 86_400

async function endorsedKey(verifyFor: number, now: Date): Promise<EndorsedKey> {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const jwk = { kty: 'EC', crv: 'P-256', x, y } as PublicJwk
  const created = Math.floor(now.getTime() / 1000)
  const claims = {
    v: 1,
    env: 'test',
    iss: issuer,
    scope: 'issuer',
    kid: thumbprint(jwk),
    jwk,
    alg: 'ES256',
    use: 'sig',
    purpose: 'token',
    created,
    sign_until: created + verifyFor / 2,
    verify_until: created + verifyFor,
  }
  const endorsement = await signAnchored(testAnchors.endorser, endorsementTyp, claims)
  return { ...jwk, kid: claims.kid, alg: 'ES256', use: 'sig', endorsement }
}

async function document(
  keys: readonly EndorsedKey[],
  now: Date,
  {
    by = testAnchors.publisher,
    version = now.getTime(),
    ...changes
  }: Partial<BuildKeySet> & { by?: AnchorSigner } = {},
): Promise<string> {
  const common = { issuer, region: 'local', keys, version, now, lifetime: 3 * day }
  return (await buildKeySet(by, { ...common, ...changes })).document
}

function emptyServed(told: string[] = []): ServedKeySet {
  const settings = {
    env: 'test',
    issuer,
    anchors: [testAnchors.publisher.kid, testAnchors.spare.kid],
    endorsementAnchors: [testAnchors.endorser.kid],
    floor: {},
    maxAge: 300,
  }
  return new ServedKeySet(settings, {
    taken: () => told.push('taken'),
    refused: (fault) => told.push(fault),
    unpinned: () => told.push('unpinned'),
    aged: (freshness) => told.push(freshness),
  })
}

describe('iam-jwks', () => {
  const now = new Date()
  const served = emptyServed()
  const statusLists = new ServedStatusLists({
    issuer,
    keySet: served,
    read: async () => undefined,
    now: () => new Date(),
    refused: () => undefined,
  })
  const server = buildServer({ keySet: served, statusLists })
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const ask = asking(server)

  test('is live and not ready, and answers 503, before it has a key set', async () => {
    expect((await ask('/health/live')).status).toBe(200)
    expect((await ask('/health/startup')).status).toBe(503)
    const early = await ask('/.well-known/jwks.json')
    expect(early).toMatchObject({
      status: 503,
      headers: { 'retry-after': '10', 'cache-control': 'no-store' },
    })
  })

  test('answers the same bytes in every encoding, under entity tags of their own', async () => {
    await served.offer(await document([await endorsedKey(day, now)], now), now)
    const plain = await ask('/.well-known/jwks.json')
    const gzip = await ask('/.well-known/jwks.json', { 'accept-encoding': 'gzip, br;q=0' })
    const br = await ask('/.well-known/jwks.json', { 'accept-encoding': 'gzip, deflate, br' })
    expect(gunzipSync(gzip.body)).toEqual(plain.body)
    expect(brotliDecompressSync(br.body)).toEqual(plain.body)
    expect(new Set([plain, gzip, br].map((reply) => reply.headers.etag)).size).toBe(3)
    for (const { headers } of [plain, gzip, br]) {
      const known = await ask('/.well-known/jwks.json', { 'if-none-match': `"other", W/${headers.etag}` })
      expect(known).toMatchObject({ status: 304, body: Buffer.alloc(0) })
    }
    expect((await ask('/.well-known/jwks.json', { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await ask('/.well-known/jwks.json?bust=1')).body).toEqual(plain.body)
  })

  test('says when another key is to sign, plain as well as signed', async () => {
    const hinted = emptyServed()
    const signed = await document([await endorsedKey(day, now)], now, { nextRotation: 1_800_000_000 })
    await hinted.offer(signed, now)
    const plain = hinted.answer('/.well-known/jwks.json')?.identity.body.toString() ?? ''
    expect(JSON.parse(plain)).toMatchObject({ next_rotation: 1_800_000_000 })
    await hinted.offer(
      await document([await endorsedKey(day, now)], now, { version: now.getTime() + 1 }),
      now,
    )
    expect(hinted.answer('/.well-known/jwks.json')?.identity.body.toString()).not.toContain('next_rotation')
  })

  test('answers each key by itself, cached like the set, and one that is not there for ten seconds', async () => {
    const set = await ask('/.well-known/jwks.json')
    const { keys } = JSON.parse(set.body.toString()) as { keys: { kid: string }[] }
    expect(keys).not.toEqual([])
    for (const key of keys) {
      const { status, headers, body } = await ask(`/.well-known/jwks/${key.kid}.json`)
      expect([status, headers['content-type']]).toEqual([200, 'application/jwk+json'])
      expect(headers['cache-control']).toBe(set.headers['cache-control'])
      expect(JSON.parse(body.toString())).toEqual(key)
    }
    for (const kid of ['x', '../jwks', '__proto__', 'constructor', 'k'.repeat(43)]) {
      expect(await ask(`/.well-known/jwks/${kid}.json`)).toMatchObject({
        status: 404,
        headers: { 'cache-control': 'public, max-age=10' },
      })
    }
  })

  test('answers HEAD without a body, and refuses every other method and path', async () => {
    const head = await ask('/.well-known/jwks.json', {}, 'HEAD')
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) })
    expect(Number(head.headers['content-length'])).toBeGreaterThan(100)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await ask('/.well-known/jwks.json', {}, method)).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
      })
    }
    for (const path of [
      '/',
      '/.well-known/jwks',
      '/.well-known/../etc/passwd',
      '//.well-known/jwks.json',
      '/health/x',
    ]) {
      const missing = await ask(path)
      expect(missing).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } })
    }
  })

  test('never stores or sends anything that a cache may not share', async () => {
    for (const path of ['jwks.json', 'jwks.jwt', 'openid-configuration', 'oauth-authorization-server']) {
      const { headers, status } = await ask(`/.well-known/${path}`)
      expect(status).toBe(200)
      expect(headers).not.toHaveProperty('set-cookie')
      expect(headers.vary).toBe('accept-encoding')
      expect(headers['cache-control']).toMatch(
        /^public, max-age=\d+, s-maxage=\d+, stale-while-revalidate=60, stale-if-error=86400$/,
      )
      expect(headers['access-control-allow-origin']).toBe('*')
    }
  })

  test('serves discovery as it was signed', async () => {
    const metadata = JSON.parse((await ask('/.well-known/openid-configuration')).body.toString()) as Record<
      string,
      unknown
    >
    expect(metadata).toMatchObject({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      signed_jwks_uri: `${issuer}/.well-known/jwks.jwt`,
    })
  })
})

describe('a served key set', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  const kids = (served: ServedKeySet) => {
    const body = served.answer('/.well-known/jwks.json')?.identity.body.toString() ?? '{"keys":[]}'
    return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map((key) => key.kid)
  }

  test('keeps the last good document when the next is refused', async () => {
    const told: string[] = []
    const served = emptyServed(told)
    const key = await endorsedKey(day, now)
    const good = await document([key], now)
    expect(await served.offer(good, now)).toBe(true)
    for (const bad of ['', 'x', altered(good), await document([key], now, { version: now.getTime() - 1 })]) {
      expect(await served.offer(bad, now)).toBe(false)
      expect(kids(served)).toEqual([key.kid])
    }
    expect(told).toEqual(['taken', 'not_ours', 'not_ours', 'not_ours', 'older_than_seen'])
  })

  const { publisher, spare, nextSpare, endorser, stranger } = testAnchors

  test.each([
    ['that was tampered with', async (good: string) => altered(good), 'not_ours'],
    [
      'without its signature',
      async (good: string) => `${good.split('.').slice(0, 2).join('.')}.`,
      'not_ours',
    ],
    ['of another type', () => signAnchored(publisher, 'JWT', { iss: issuer, sub: issuer }), 'not_ours'],
    [
      'by an anchor that nobody pinned',
      (_: string, key: EndorsedKey) => document([key], now, { by: stranger }),
      'not_ours',
    ],
    [
      'by the key that endorses',
      (_: string, key: EndorsedKey) => document([key], now, { by: endorser }),
      'not_ours',
    ],
    [
      'that is older',
      (_: string, key: EndorsedKey) => document([key], now, { by: spare, version: 1 }),
      'older_than_seen',
    ],
    [
      'without its region',
      (_: string, key: EndorsedKey) => document([key], now, { by: spare, region: 'else' }),
      'older_than_seen',
    ],
    ['from the future', (_: string, key: EndorsedKey) => document([key], later(61)), 'from_the_future'],
    [
      'by an anchor that has retired',
      (_: string, key: EndorsedKey) => document([key], now, { version: now.getTime() + 5 }),
      'retired_anchor',
    ],
  ])('C261: refuses a document %s, also after a restart from its copy', async (_what, make, fault) => {
    const key = await endorsedKey(day, now)
    const first = await document([key], now)
    const good = await document([key], now, {
      by: spare,
      retiredAnchors: [publisher.kid],
      version: now.getTime() + 1,
    })
    const bad = await make(good, key)
    const running = emptyServed()
    await running.offer(first, now)
    await running.offer(good, now)
    const told: string[] = []
    const restarted = emptyServed(told)
    await restarted.offer(good, now) // its kept copy
    for (const served of [running, restarted]) {
      expect(await served.offer(bad, now)).toBe(false)
      expect(served.answer('/.well-known/jwks.jwt')?.identity.body.toString()).toBe(good)
    }
    expect(told).toEqual(['taken', fault])
  })

  test('tells that an anchor is announced which is not pinned here, or its spare', async () => {
    const next = { kid: spare.kid, spare: nextSpare.kid, from: 1_900_000_000 }
    for (const [nextAnchor, pins] of [
      [next, { pinned: true, sparePinned: false }],
      [
        { ...next, kid: stranger.kid, spare: spare.kid },
        { pinned: false, sparePinned: true },
      ],
    ] as const) {
      const told: string[] = []
      const served = emptyServed(told)
      await served.offer(await document([await endorsedKey(day, now)], now, { nextAnchor }), now)
      expect(told).toEqual(['taken', 'unpinned'])
      expect(served.status(now)).toMatchObject({
        anchor: publisher.kid,
        nextAnchor: { ...nextAnchor, ...pins },
      })
    }
  })

  test('C261: serves the historical keys that the key set names, and no others', async () => {
    const told: string[] = []
    const served = emptyServed(told)
    const old = await endorsedKey(day, now)
    const exp = Math.floor(now.getTime() / 1000) + day
    const sign = (keys: readonly HistoricalKey[], by = publisher) =>
      signHistoricalKeys(by, { issuer, keys, now })
    const good = await sign([{ ...old, exp }])
    const naming = async (history: string, version = 0) =>
      served.offer(
        await document([await endorsedKey(day, now)], now, {
          version: now.getTime() + version,
          history: digestOf(history),
        }),
        now,
      )
    const answer = () => served.answer('/.well-known/historical-keys.jwt')?.identity.body.toString()
    await naming(good)
    expect([served.lacksHistory, answer()]).toEqual([true, undefined])
    expect(await served.offerHistory(good)).toBe(true)
    expect([served.lacksHistory, answer()]).toEqual([false, good])
    expect(served.answer('/.well-known/openid-configuration')?.identity.body.toString()).toContain(
      'historical',
    )
    const { endorsement: _gone, ...bare } = old
    const bad = [
      ['not_named', altered(good)],
      ['not_ours', await sign([], stranger)],
      ['malformed', await document([old], now)],
      ['not_endorsed', await sign([{ ...bare, exp }])],
      ['not_endorsed', await sign([{ ...old, exp: exp + 1 }])],
    ] as const
    for (const [n, [fault, text]] of bad.entries()) {
      if (fault !== 'not_named') await naming(text, n + 1)
      expect(await served.offerHistory(text)).toBe(false)
      expect(told.at(-1)).toBe(`history_${fault}`)
      expect(answer()).toBe(good) // the last good one
    }
  })

  test('C261: takes no historical keys for a key set', async () => {
    const served = emptyServed()
    const old = { ...(await endorsedKey(day, now)), exp: 1_900_000_000 }
    expect(await served.offer(await signHistoricalKeys(publisher, { issuer, keys: [old], now }), now)).toBe(
      false,
    )
  })

  test('grows late at three hours, overdue at twelve and expired at its end, and says so once each', async () => {
    const told: string[] = []
    const served = emptyServed(told)
    const key = await endorsedKey(9 * day, now)
    await served.offer(await document([key], now), now)
    const hour = 3600
    const steps = [
      [hour, 'fresh'],
      [3 * hour - 1, 'fresh'],
      [3 * hour, 'late'],
      [5 * hour, 'late'],
      [12 * hour, 'overdue'],
      [3 * day - 1, 'overdue'],
      [3 * day, 'expired'],
    ] as const
    for (const [age, freshness] of steps) {
      served.refresh(later(age))
      expect(served.status(later(age))).toMatchObject({ freshness })
    }
    expect(told).toEqual(['taken', 'late', 'overdue', 'expired'])
    const renewed = await document([key], later(3 * day))
    await served.offer(renewed, later(3 * day))
    expect(served.status(later(3 * day))).toMatchObject({ freshness: 'fresh', ageSeconds: 0 })
    served.refresh(later(3 * day + 3 * hour))
    expect(told.slice(4)).toEqual(['taken', 'late'])
  })

  test('begins with the newest that is to be had anywhere, so that a store that was rolled back brings nothing back', async () => {
    const key = await endorsedKey(day, now)
    const version = now.getTime()
    const [oldest, older, newest] = [
      await document([key], now, { version: version - 2 }),
      await document([key], now, { version: version - 1 }),
      await document([key], now, { version }),
    ]
    const places: Record<string, string> = { 'file:///cdn': newest, 'file:///region': older }
    const read = async (url: URL) => places[url.href] ?? Promise.reject(new Error('away'))
    const witnesses = ['file:///gone', 'file:///cdn', 'file:///region'].map((url) => new URL(url))
    for (const copy of [undefined, oldest]) {
      const told: string[] = []
      const served = emptyServed(told)
      await beginWith(served, { copy, witnesses, read })
      expect(served.answer('/.well-known/jwks.jwt')?.identity.body.toString()).toBe(newest)
      expect(told).not.toContain('older_than_seen') // nothing to raise an alarm about
      expect(await served.offer(older, now)).toBe(false) // what its own store holds
      expect(told.at(-1)).toBe('older_than_seen')
    }
    const alone = emptyServed()
    await beginWith(alone, { copy: undefined, witnesses: [], read })
    expect(alone.status(now)).toBeUndefined()
  })

  test('C261: begins with what any place says of anchors that have retired, also beside a newer set by one of them', async () => {
    const key = await endorsedKey(day, now)
    const version = now.getTime()
    const good = await document([key], now, { version, by: spare, retiredAnchors: [publisher.kid] })
    const stolen = await document([key], now, { version: version + 1_000, by: publisher })
    const read = async ({ pathname }: URL) => (pathname === '/cdn' ? stolen : good)
    const witnesses = ['file:///cdn', 'file:///region'].map((url) => new URL(url))
    for (const copy of [undefined, stolen]) {
      const served = emptyServed()
      await beginWith(served, { copy, witnesses, read })
      expect(served.answer('/.well-known/jwks.jwt')?.identity.body.toString()).toBe(good)
      expect(await served.offer(stolen, now)).toBe(false)
    }
  })

  test('withholds the signed document past its end, and serves each key to its own', async () => {
    const served = emptyServed()
    const short = await endorsedKey(4 * day, now)
    const long = await endorsedKey(6 * day, now)
    await served.offer(await document([short, long], now), now)
    expect(served.answer('/.well-known/jwks.jwt')).toBeDefined()
    served.refresh(later(3 * day))
    expect(served.answer('/.well-known/jwks.jwt')).toBeUndefined()
    expect(kids(served)).toEqual([short.kid, long.kid])
    expect(served.status(later(3 * day))).toMatchObject({ expired: true })
    served.refresh(later(5 * day))
    expect(kids(served)).toEqual([long.kid])
    served.refresh(later(7 * day))
    expect(served.answer('/.well-known/jwks.json')).toBeUndefined()
  })
})
