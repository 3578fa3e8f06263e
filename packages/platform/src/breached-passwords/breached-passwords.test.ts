import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { openStandIn } from '@iam/testkit/http'
import { describe, expect, test } from 'vitest'
import { breachedPasswords } from './index.ts'

const password = 'correct horse battery staple'
const sha1 = createHash('sha1').update(password).digest('hex').toUpperCase()
const prefix = sha1.slice(0, 5)
const suffix = sha1.slice(5)
/** Milliseconds, however busy the machine is: hardly any test looks at the deadline. */
const answerWithin = 10_000
const others = Array.from({ length: 800 }, (_, n) => `${n.toString(16).toUpperCase().padStart(35, '0')}:3`)

describe('breachedPasswords', () => {
  const answering = (lines: readonly string[], end = '\r\n') =>
    openStandIn((_request, response) => response.end(lines.join(end)))

  test('C173: finds a breached password, and sends five digits of its hash and nothing else', async () => {
    const { url, asked } = await answering([...others, `${suffix}:1207`])
    expect(await breachedPasswords({ url, answerWithin }).includes(password)).toBe(true)
    expect(asked.map((request) => request.url)).toEqual([`/range/${prefix}`])
    expect(asked[0]?.headers['add-padding']).toBe('true')
    expect(JSON.stringify(asked[0]?.headers)).not.toContain(suffix.slice(0, 8))
  })

  test('finds nothing in a range without it, whatever ends the lines', async () => {
    for (const end of ['\r\n', '\n']) {
      const { url } = await answering([...others, ''], end)
      expect(await breachedPasswords({ url, answerWithin }).includes(password)).toBe(false)
    }
  })

  test('takes a line that counts none for padding', async () => {
    const { url } = await answering([...others, `${suffix}:0`])
    expect(await breachedPasswords({ url, answerWithin }).includes(password)).toBe(false)
  })

  test('hashes the UTF-8 of the password', async () => {
    const spanish = createHash('sha1')
      .update(Buffer.from('contraseña 🔑', 'utf8'))
      .digest('hex')
      .toUpperCase()
    const { url, asked } = await answering([`${spanish.slice(5)}:1`])
    expect(await breachedPasswords({ url, answerWithin }).includes('contraseña 🔑')).toBe(true)
    expect(asked[0]?.url).toBe(`/range/${spanish.slice(0, 5)}`)
  })

  const unusable: [string, RegExp, RequestListener][] = [
    ['a server error', /answered 500/, (_request, response) => response.writeHead(500).end(`${suffix}:5`)],
    ['too many requests', /answered 429/, (_request, response) => response.writeHead(429).end()],
    [
      'a page of HTML',
      /no range/,
      (_request, response) => response.end('<!doctype html><title>Log in</title>'),
    ],
    ['a line without a count', /no range/, (_request, response) => response.end(`${others[0]}\r\n${suffix}`)],
    ['nothing', /no range/, (_request, response) => response.end()],
    [
      'more than a range can be',
      /larger than/,
      (_request, response) => response.end(`${others.join('\r\n')}\r\n`.repeat(10)),
    ],
    [
      'a connection cut in the middle',
      /terminated/,
      (_request, response) => {
        response.writeHead(200, { 'content-length': '40000' })
        response.write(`${others[0]}\r\n`, () => response.destroy())
      },
    ],
  ]
  test.each(unusable)('C173: cannot tell after %s', async (_what, message, answer) => {
    const { url } = await openStandIn(answer)
    await expect(breachedPasswords({ url, answerWithin }).includes(password)).rejects.toThrow(message)
  })

  test.each<[string, RequestListener]>([
    ['no answer', () => undefined],
    ['a body that never ends', (_request, response) => void response.write(`${others[0]}\r\n`)],
  ])('C173: waits no longer than it is told for %s', async (_what, answer) => {
    const { url } = await openStandIn(answer)
    await expect(breachedPasswords({ url, answerWithin: 50 }).includes(password)).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  test('follows no redirect', async () => {
    const elsewhere = await answering([`${suffix}:1`])
    const { url } = await openStandIn((request, response) =>
      response.writeHead(302, { location: `${elsewhere.url}${request.url}` }).end(),
    )
    await expect(breachedPasswords({ url, answerWithin }).includes(password)).rejects.toThrow('fetch failed')
    expect(elsewhere.asked).toEqual([])
  })
})
