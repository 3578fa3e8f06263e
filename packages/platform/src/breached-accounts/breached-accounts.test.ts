import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { openStandIn } from '@iam/testkit/http'
import { describe, expect, test } from 'vitest'
import { breachedAccounts } from './index.ts'

const address = 'Ann+news@acme.example'
const sha1 = createHash('sha1').update(address.toLowerCase()).digest('hex').toUpperCase()
const key = 'a-key-that-nobody-reads'
/** Milliseconds, however busy the machine is: hardly any test looks at the deadline. */
const answerWithin = 10_000

const adobe = {
  Name: 'Adobe',
  BreachDate: '2013-10-04',
  AddedDate: '2013-12-04T00:00:00Z',
  DataClasses: ['Email addresses', 'Passwords'],
  IsVerified: true,
}

describe('breachedAccounts', () => {
  const answering = (value: unknown, status = 200, headers = {}) =>
    openStandIn((_request, response) => response.writeHead(status, headers).end(JSON.stringify(value)))

  test('finds by the beginning of its hash what an address is in, and sends nothing else of it', async () => {
    const others = Array.from({ length: 300 }, (_, n) => {
      return { hashSuffix: n.toString(16).toUpperCase().padStart(34, '0'), websites: ['Stratfor'] }
    })
    const { url, asked } = await answering([
      ...others,
      { hashSuffix: sha1.slice(6), websites: ['Adobe', 'Yahoo'] },
    ])
    const service = breachedAccounts({ url, search: 'range', answerWithin })
    expect(await service.breachesOf(address, key)).toEqual(['Adobe', 'Yahoo'])
    expect(asked.map((request) => request.url)).toEqual([`/breachedaccount/range/${sha1.slice(0, 6)}`])
    expect(asked[0]?.headers).toMatchObject({ 'hibp-api-key': key, 'user-agent': 'iam' })
    expect(JSON.stringify(asked[0]?.headers)).not.toContain('acme')
    expect(await service.breachesOf('somebody@acme.example', key)).toEqual([])
  })

  test('finds by the address itself where it is told to, which is spelled so that it stays one part of the path', async () => {
    const { url, asked } = await answering([adobe, { ...adobe, Name: 'Yahoo' }])
    const service = breachedAccounts({ url, search: 'address', answerWithin })
    expect(await service.breachesOf('a/../b?c#d@acme.example', key)).toEqual(['Adobe', 'Yahoo'])
    const path = '/breachedaccount/a%2F..%2Fb%3Fc%23d%40acme.example?truncateResponse=false'
    expect(asked.map((request) => request.url)).toEqual([path])
  })

  test.each(['range', 'address'] as const)('takes 404 for none: %s', async (search) => {
    const { url } = await answering('', 404)
    expect(await breachedAccounts({ url, search, answerWithin }).breachesOf(address, key)).toEqual([])
  })

  test('lists breaches, and shows the key to no list', async () => {
    const quiet = ['IsFabricated', 'IsRetired', 'IsSpamList', 'IsSensitive']
    const listed = [adobe, ...quiet.map((flag) => ({ ...adobe, Name: flag, [flag]: true }))]
    const { url, asked } = await answering([...listed, { ...adobe, Name: 'Rumour', IsVerified: false }])
    const all = await breachedAccounts({ url, search: 'range', answerWithin }).all()
    expect(all[0]).toEqual({
      name: 'Adobe',
      breachedOn: '2013-10-04',
      addedAt: new Date('2013-12-04T00:00:00Z'),
      hasPasswords: true,
      isTold: true,
    })
    expect(all.slice(1).map(({ name, isTold }) => [name, isTold])).toEqual(
      [...quiet, 'Rumour'].map((name) => [name, false]),
    )
    expect(asked[0]?.headers).not.toHaveProperty('hibp-api-key')
  })

  test('names the breach that was added last', async () => {
    const { url, asked } = await answering(adobe)
    expect(await breachedAccounts({ url, search: 'range', answerWithin }).latest()).toMatchObject({
      name: 'Adobe',
    })
    expect(asked.map((request) => request.url)).toEqual(['/latestbreach'])
  })

  test.each([
    [401, 'key', 0],
    [403, 'key', 0],
    [400, 'address', 0],
    [429, 'pace', 17],
    [500, 'service', 0],
    [503, 'service', 0],
    [302, 'service', 0],
  ])('tells what to do about %d: %s', async (status, kind, retryAfter) => {
    const { url } = await answering({ statusCode: status }, status, { 'retry-after': '17', location: '/' })
    const service = breachedAccounts({ url, search: 'range', answerWithin })
    await expect(service.breachesOf(address, key)).rejects.toMatchObject({ kind, retryAfter })
  })

  test('waits a minute where 429 does not say how long', async () => {
    const { url } = await answering('', 429)
    const service = breachedAccounts({ url, search: 'address', answerWithin })
    await expect(service.breachesOf(address, key)).rejects.toMatchObject({ retryAfter: 60 })
  })

  const unusable: [string, RequestListener][] = [
    ['a page of HTML', (_request, response) => response.end(`<p>${address} ${key}</p>`)],
    ['nothing', (_request, response) => response.end()],
    ['an object', (_request, response) => response.end('{}')],
    ['null', (_request, response) => response.end('null')],
    ['a list of something else', (_request, response) => response.end('[null]')],
    [
      'a name that is none',
      (_request, response) => response.end('[{"Name":"<a href>","hashSuffix":"x","websites":["<a>"]}]'),
    ],
    ['more than there can be', (_request, response) => response.end(' '.repeat(3 * 1024 * 1024))],
    [
      'a connection cut in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '40000' })
        response.write('[', () => response.destroy())
      },
    ],
  ]
  test.each(['range', 'address'] as const)('cannot tell by %s after what is no answer', async (search) => {
    for (const [, answer] of unusable) {
      const { url } = await openStandIn(answer)
      const asking = breachedAccounts({ url, search, answerWithin }).breachesOf(address, key)
      const error = await asking.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      )
      expect(error).toMatchObject({ name: 'BreachSearchError', kind: 'service' })
      for (const secret of [key, 'acme', sha1.slice(6, 20)]) expect(error?.message).not.toContain(secret)
    }
  })

  test('waits no longer than it is told', async () => {
    const { url } = await openStandIn(() => undefined)
    const service = breachedAccounts({ url, search: 'range', answerWithin: 50 })
    await expect(service.breachesOf(address, key)).rejects.toThrow('(TimeoutError)')
  })

  test('tells nothing of a key that cannot be sent', async () => {
    const service = breachedAccounts({ url: 'http://127.0.0.1:1', search: 'range', answerWithin })
    const error = await service.breachesOf(address, 'broken\nsecret').catch((reason: unknown) => reason)
    expect(String(error)).toContain('gave no answer')
    expect(String(error)).not.toContain('secret')
  })
})
