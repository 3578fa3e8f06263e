import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { riskService } from './index.ts'

const question = { tenantId: 'ten_1', userId: 'usr_1', score: 15, signals: { device: 'usual' } }

describe('riskService', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  /** A stand-in for the service, on this machine. */
  async function standIn(answer: RequestListener): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = []
    const server = createServer((request, response) => {
      const body: Buffer[] = []
      request.on('data', (chunk: Buffer) => body.push(chunk))
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${Buffer.concat(body).toString()}`)
        answer(request, response)
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`, asked }
  }

  const answering = (body: string) => standIn((_request, response) => response.end(body))
  /** However busy the machine is: it is not the deadline that is looked at. */
  const patient = { answerWithin: 10_000, monotonic: () => 0, onSilent: () => undefined }

  test('asks once, by POST, with the question as it is, and takes the score', async () => {
    const { url, asked } = await answering('{"score": 71, "model": "v3"}')
    expect(await riskService({ url, ...patient }).score(question)).toBe(71)
    expect(asked).toEqual([`POST /score ${JSON.stringify(question)}`])
  })

  const lies: [string, RegExp, string][] = [
    ['no number', /no score/, '{"score": "71"}'],
    ['not a number', /JSON/, '{"score": NaN}'],
    ['a negative one', /no score/, '{"score": -1}'],
    ['more than 100', /no score/, '{"score": 101}'],
    ['endlessly much', /no score/, '{"score": 1e999}'],
    ['a fraction', /no score/, '{"score": 0.5}'],
    ['nothing', /no score/, 'null'],
    ['no score', /no score/, '{}'],
    ['a list', /no score/, '[71]'],
    ['no JSON', /JSON/, '<!doctype html>'],
    ['no text', /JSON/, ''],
    ['a huge body', /larger than/, `{"score": 1, "why": "${'x'.repeat(20_000)}"}`],
  ]
  test.each(lies)('C194: is silent when the service answers %s', async (_what, message, body) => {
    const { url } = await answering(body)
    const heard: unknown[] = []
    const service = riskService({ url, ...patient, onSilent: (error) => heard.push(error) })
    await expect(service.score(question)).rejects.toThrow(message)
    expect(heard).toHaveLength(1)
  })

  const failures: [string, RegExp, RequestListener][] = [
    ['an error', /answered 500/, (_request, response) => response.writeHead(500).end('{"score": 0}')],
    ['nothing to see', /answered 204/, (_request, response) => response.writeHead(204).end()],
    [
      'a way to somewhere else',
      /fetch failed/,
      (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    ],
    ['a cut connection', /fetch failed/, (_request, response) => response.destroy()],
    [
      'half an answer',
      /terminated/,
      (_request, response) => {
        response.writeHead(200, { 'content-length': '40' })
        response.write('{"score":', () => response.destroy())
      },
    ],
  ]
  test.each(failures)('C194: is silent after %s', async (_what, message, answer) => {
    const { url } = await standIn(answer)
    await expect(riskService({ url, ...patient }).score(question)).rejects.toThrow(message)
  })

  test.each<[string, RequestListener]>([
    ['no answer', () => undefined],
    ['a body that never ends', (_request, response) => void response.write('{"score":')],
  ])('C194: waits no longer than it is told for %s', async (_what, answer) => {
    const { url } = await standIn(answer)
    const service = riskService({ url, ...patient, answerWithin: 50 })
    await expect(service.score(question)).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('after five failures in a row asks nobody for ten seconds, then one, then everybody', async () => {
    let now = 0
    let body = 'nonsense'
    const { url, asked } = await standIn((_request, response) => response.end(body))
    const service = riskService({ url, ...patient, monotonic: () => now })
    const score = () => service.score(question).catch(() => undefined)
    for (let n = 0; n < 8; n += 1) await score()
    expect(asked).toHaveLength(5)
    now += 10_000
    expect(await Promise.all([score(), score(), score()])).toEqual([undefined, undefined, undefined])
    expect(asked).toHaveLength(6) // the others were not asked for
    now += 10_000
    body = '{"score": 7}'
    expect([await score(), await score(), await score()]).toEqual([7, 7, 7])
    expect(asked).toHaveLength(9)
  })

  test('a success in between ends the row', async () => {
    let body = 'nonsense'
    const { url, asked } = await standIn((_request, response) => response.end(body))
    const service = riskService({ url, ...patient })
    const score = () => service.score(question).catch(() => undefined)
    for (let n = 0; n < 4; n += 1) await score()
    body = '{"score": 7}'
    await score()
    body = 'nonsense'
    for (let n = 0; n < 4; n += 1) await score()
    expect(asked).toHaveLength(9)
  })
})
