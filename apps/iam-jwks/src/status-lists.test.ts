import { once } from 'node:events'
import type { Server } from 'node:http'
import { buildKeySet, keySetPaths, type EndorsedKey } from '@iam/domain/key-set'
import { packStatuses, statusListTyp, statusListUri } from '@iam/domain/status-list-token'
import { asking } from '@iam/testkit/http'
import { IssuerKey } from '@iam/testkit/issuer'
import { testAnchors } from '@iam/testkit/kms'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ServedKeySet } from './served-key-set.ts'
import { ServedStatusLists } from './served-status-lists.ts'
import { buildServer } from './server.ts'

const issuer = 'https://id.example.test'
const { publisher, endorser } = testAnchors
const path = '/.well-known/status-lists/local-0'

describe('status lists at iam-jwks', () => {
  const [tokenKey, statusKey, stranger] = [new IssuerKey(), new IssuerKey(), new IssuerKey()]
  let time: number
  let store: Map<string, string>
  let reads: string[]
  let away: boolean
  let refused: unknown[]
  let keySet: ServedKeySet
  let server: Server
  let ask: ReturnType<typeof asking>
  beforeEach(async () => {
    time = Date.parse('2026-11-21T12:00:00Z')
    store = new Map()
    reads = []
    away = false
    refused = []
    const anchors = { anchors: [publisher.kid], endorsementAnchors: [endorser.kid] }
    const settings = { env: 'test', issuer, ...anchors, floor: {}, maxAge: 300 }
    const nothing = () => undefined
    keySet = new ServedKeySet(settings, {
      taken: nothing,
      refused: nothing,
      unpinned: nothing,
      aged: nothing,
    })
    await offer([statusKey], 1)
    const statusLists = new ServedStatusLists({
      issuer,
      keySet,
      read: async (id) => {
        reads.push(id)
        if (away) throw new Error('the store is away')
        return store.get(id)
      },
      now: () => new Date(time),
      refused: (_, fault) => refused.push(fault),
    })
    server = buildServer({ keySet, statusLists })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    ask = asking(server)
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const seconds = () => Math.floor(time / 1000)

  async function offer(statusKeys: IssuerKey[], version: number): Promise<void> {
    const ends = { sign_until: seconds() + 43_200, verify_until: seconds() + 86_400 }
    const endorsed = async (key: IssuerKey, purpose: 'token' | 'status') =>
      (await key.endorsed(endorser, { env: 'test', iss: issuer, purpose, ...ends })) as unknown as EndorsedKey
    const { document } = await buildKeySet(publisher, {
      issuer,
      region: 'local',
      keys: [await endorsed(tokenKey, 'token')],
      statusKeys: await Promise.all(statusKeys.map((key) => endorsed(key, 'status'))),
      version,
      now: new Date(time),
      lifetime: 86_400,
    })
    expect(await keySet.offer(document, new Date(time))).toBe(true)
  }

  /** A list as the publisher writes it, or with what differs. */
  function list(claims: object = {}, { key = statusKey, header = {} } = {}): string {
    const usual = {
      sub: statusListUri(issuer, 'local-0'),
      iat: seconds(),
      exp: seconds() + 300,
      ttl: 15,
      status_list: { bits: 1, lst: packStatuses([3]) },
      denied_kids: [],
    }
    return key.mint(usual, { header: { typ: statusListTyp, ...header }, claims: { ...claims } })
  }

  test('are served as they were published, to be cached for fifteen seconds and never stale', async () => {
    const document = list()
    store.set('local-0', document)
    const answer = await ask(path)
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toBe(document)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/statuslist+jwt',
      'cache-control': 'public, max-age=15, s-maxage=15',
      'access-control-allow-origin': '*',
    })
    const { etag = '' } = answer.headers
    expect((await ask(path, { 'if-none-match': etag })).status).toBe(304)
    for (const [accepted, sent] of [
      ['gzip, br', 'gzip'],
      ['br', undefined],
    ] as const)
      expect((await ask(path, { 'accept-encoding': accepted })).headers['content-encoding']).toBe(sent)
  })

  test('have their keys in a document of their own, and in no other', async () => {
    const kidsAt = async (at: string) => {
      const { keys } = JSON.parse((await ask(at)).body.toString()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    }
    expect(await kidsAt('/.well-known/status-jwks.json')).toEqual([statusKey.kid])
    expect(await kidsAt('/.well-known/jwks.json')).toEqual([tokenKey.kid])
    expect((await ask(`/.well-known/jwks/${statusKey.kid}.json`)).status).toBe(404)
  })

  test('are verified by what a CDN is told to let go of when keys change, as all that names a key is', async () => {
    const names = ['status-jwks.json', 'jwks.json', 'jwks.jwt', `jwks/${tokenKey.kid}.json`]
    for (const name of names) {
      const document = `/.well-known/${name}`
      expect((await ask(document)).status).toBe(200)
      const isTold = (told: string) =>
        told.endsWith('/*') ? document.startsWith(told.slice(0, -1)) : told === document
      expect(keySetPaths.filter(isTold)).toHaveLength(1)
    }
  })

  test('are read every five seconds at most, once for everybody who waits', async () => {
    store.set('local-0', list())
    await Promise.all(Array.from({ length: 20 }, () => ask(path)))
    expect(reads).toEqual(['local-0'])
    time += 4_000
    const newer = list({ status_list: { bits: 1, lst: packStatuses([4]) } })
    store.set('local-0', newer)
    await ask(path)
    expect(reads.length).toBe(1)
    time += 1_000
    expect((await ask(path)).body.toString()).toBe(newer)
  })

  test('that are not there are asked for again after five seconds, and those that cannot be never', async () => {
    const missing = await ask('/.well-known/status-lists/local-9')
    expect(missing).toMatchObject({ status: 404, headers: { 'cache-control': 'public, max-age=10' } })
    await ask('/.well-known/status-lists/local-9')
    expect(reads).toEqual(['local-9'])
    const none = ['local-512', 'local-00', 'other-0', 'local', '', '..%2fjwks-0', `local-${'9'.repeat(500)}`]
    for (const id of none) expect((await ask(`/.well-known/status-lists/${id}`)).status).toBe(404)
    expect(reads).toEqual(['local-9'])
    store.set('local-9', list({ sub: statusListUri(issuer, 'local-9') }))
    time += 5_000
    expect((await ask('/.well-known/status-lists/local-9')).status).toBe(200)
  })

  test('go on while the store is away, and end at their time', async () => {
    store.set('local-0', list())
    await ask(path)
    away = true
    time += 299_000
    expect((await ask(path)).status).toBe(200)
    time += 1_000
    expect(await ask(path)).toMatchObject({ status: 503, headers: { 'cache-control': 'no-store' } })
  })

  test('C263: are read again at once where the clock was set back', async () => {
    store.set('local-0', list())
    time += 3_600_000
    expect((await ask(path)).status).toBe(503)
    time -= 3_600_000
    expect((await ask(path)).status).toBe(200)
  })

  test('answer 503 where the store is away from the beginning', async () => {
    away = true
    expect((await ask(path)).status).toBe(503)
  })

  test('by a key that was given up are served no more', async () => {
    store.set('local-0', list())
    expect((await ask(path)).status).toBe(200)
    await offer([stranger], 2)
    expect((await ask(path)).status).toBe(503)
  })

  test.each([
    ['by a token key', () => list({}, { key: tokenKey }), 'not_ours'],
    ['by a stranger', () => list({}, { key: stranger }), 'not_ours'],
    [
      'under a name that is not its own',
      () => list({ sub: statusListUri(issuer, 'local-1') }),
      'another_list',
    ],
    ['of another type', () => list({}, { header: { typ: 'at+jwt' } }), 'not_ours'],
    ['that has expired', () => list({ exp: seconds() }), 'expired'],
    ['from the future', () => list({ iat: seconds() + 66 }), 'from_the_future'],
    ['older than the last', () => list({ iat: seconds() - 60 }), 'older_than_seen'],
    ['that is no token', () => 'AAAA', 'not_ours'],
  ])('one %s is refused, and the last good one stays', async (_, hostile, fault) => {
    const good = list()
    store.set('local-0', good)
    await ask(path)
    store.set('local-0', hostile())
    time += 5_000
    expect((await ask(path)).body.toString()).toBe(good)
    expect(refused).toEqual([fault])
  })
})
