import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchTorExits, TorExitList } from './index.ts'

describe('TorExitList', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tor-exits-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const file = async (text: string) => {
    const path = join(directory, 'exits.txt')
    await writeFile(path, text)
    return path
  }

  test('knows the addresses of the file, however they are spelled, and no others', async () => {
    const list = new TorExitList(
      await file('# exits\r\n192.0.2.7\r\nExitAddress 198.51.100.9 2026-11-21 10:00:00\n2001:db8:0:0::1\n\n'),
    )
    await list.load()
    const known = ['192.0.2.7', '::ffff:192.0.2.7', '198.51.100.9', '2001:db8::1', '2001:0DB8::0001']
    expect(known.map((address) => list.includes(address))).toEqual(known.map(() => true))
    const others = ['192.0.2.8', '2001:db8::2', 'ExitAddress', '']
    expect(others.map((address) => list.includes(address))).toEqual(others.map(() => false))
  })

  test('C194: cannot tell before it was read, and keeps what it has when the file is gone or is something else', async () => {
    const path = await file('192.0.2.7\n')
    const list = new TorExitList(path)
    expect(list.includes('192.0.2.7')).toBeNull()
    await list.load()
    for (const text of ['', '<!doctype html><title>Busy</title>', '192.0.2.8\n'.repeat(500_000)]) {
      await writeFile(path, text)
      await expect(list.load()).rejects.toThrow(path)
    }
    await rm(path)
    await expect(list.load()).rejects.toThrow('ENOENT')
    expect([list.includes('192.0.2.7'), list.includes('192.0.2.8')]).toEqual([true, false])
  })
})

describe('fetchTorExits', () => {
  /** Fetches from a stand-in on this machine. */
  async function fetchedFrom(answer: RequestListener, answerWithin = 10_000): Promise<string> {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      return (await fetchTorExits(`http://127.0.0.1:${port}/exits`, answerWithin)).toString()
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  test('brings the list as it is', async () => {
    const list = '192.0.2.7\n2001:db8::1\n'
    expect(await fetchedFrom((_request, response) => response.end(list))).toBe(list)
  })

  test.each<[string, RegExp, RequestListener]>([
    ['an error', /answered with 503/, (_request, response) => response.writeHead(503).end('192.0.2.7')],
    ['a page', /no exit/, (_request, response) => response.end('<!doctype html>')],
    ['nothing', /no exit/, (_request, response) => response.end()],
    ['too much', /larger than/, (_request, response) => response.end('192.0.2.7\n'.repeat(500_000))],
    [
      'a way to somewhere else',
      /fetch failed/,
      (_request, response) => response.writeHead(302, { location: '/other' }).end(),
    ],
  ])('brings nothing where the answer is %s', async (_what, message, answer) => {
    await expect(fetchedFrom(answer)).rejects.toThrow(message)
  })

  test('waits no longer than it is told', async () => {
    await expect(fetchedFrom(() => undefined, 50)).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})
