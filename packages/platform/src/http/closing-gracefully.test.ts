import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { closingGracefully } from './index.ts'

async function listening(answer: RequestListener) {
  const server = createServer(answer)
  server.keepAliveTimeout = 0 // nobody else closes an idle connection
  const cutOff = vi.spyOn(server, 'closeAllConnections')
  const close = closingGracefully(server, promisify(server.close.bind(server)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { close, port, cutOff }
}

/** A connection, and everything that came over it until it ended. */
async function connection(port: number) {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text))
  const ended = once(socket, 'close').then(() => heard)
  await once(socket, 'connect')
  return { ask: (path: string) => ask(socket, path), heard: () => heard, ended }
}

const ask = (socket: Socket, path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)

const answer: RequestListener = (_request, response) => {
  response.end('answered')
}

test('closes and cuts nobody off although connections are idle or never carried a request', async () => {
  const { close, port, cutOff } = await listening(answer)
  const [idle, unused] = await Promise.all([connection(port), connection(port)])
  idle.ask('/')
  await expect.poll(idle.heard).toContain('answered')
  await close()
  expect(cutOff).not.toHaveBeenCalled()
  expect(await unused.ended).toBe('')
  await idle.ended
})

test('answers what is under way, then closes its connection, which has become idle', async () => {
  const underWay = Promise.withResolvers<ServerResponse>()
  const { close, port, cutOff } = await listening((_request, response) => underWay.resolve(response))
  const busy = await connection(port)
  busy.ask('/')
  const response = await underWay.promise
  const closed = close()
  await sleep(500) // and a few looks for connections that are idle
  response.end('answered')
  await closed
  expect(await busy.ended).toContain('answered')
  expect(cutOff).not.toHaveBeenCalled()
})

test('answers what arrived while nothing was read, longer than the farewell takes', async () => {
  const { close, port } = await listening(answer)
  const busy = await connection(port)
  busy.ask('/')
  await expect.poll(busy.heard).toContain('answered')
  const closed = close()
  await new Promise(setImmediate) // what comes next are timers, and only then what arrives
  busy.ask('/')
  const stalled = performance.now() + 300
  while (performance.now() < stalled);
  const [, second] = (await busy.ended).split('answered')
  expect(second).toMatch(/200 OK[\s\S]*connection: close/i)
  await closed
})

test('answers what arrives on a connection in use while it closes, and asks to leave it', async () => {
  const { close, port } = await listening(answer)
  const busy = await connection(port)
  busy.ask('/')
  await expect.poll(busy.heard).toContain('answered')
  const closed = close()
  busy.ask('/')
  const [first, second] = (await busy.ended).split('answered')
  expect(first).toContain('Connection: keep-alive')
  expect(second).toMatch(/200 OK[\s\S]*connection: close/i)
  await closed
})
