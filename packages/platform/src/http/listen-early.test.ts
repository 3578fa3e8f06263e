import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { listenEarly, type EarlyServer } from './index.ts'

let early: EarlyServer | undefined
afterEach(() => early?.server.close().closeAllConnections())

async function begin() {
  early = await listenEarly({ host: '127.0.0.1', port: 0 })
  const { port } = early.server.address() as AddressInfo
  return { early, origin: `http://127.0.0.1:${port}` }
}

test('says that it lives before there is anything to serve, and leaves that to what serves later', async () => {
  const { early, origin } = await begin()
  const alive = await fetch(`${origin}/health/live`)
  expect([alive.status, await alive.text()]).toEqual([200, '{"status":"ok"}'])
  early.serve((_request, response) => response.end('served'))
  expect(await (await fetch(`${origin}/health/live`)).text()).toBe('served')
})

test('has every other request wait, with its body, until there is something to serve it', async () => {
  const { early, origin } = await begin()
  const arrived = once(early.server, 'request')
  const answer = fetch(`${origin}/echo`, { method: 'POST', body: 'hello' })
  await arrived
  early.serve((request, response) => void request.pipe(response))
  expect(await (await answer).text()).toBe('hello')
})

test('fails where somebody else listens', async () => {
  const { early } = await begin()
  const { port } = early.server.address() as AddressInfo
  await expect(listenEarly({ host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE')
})

test('closes gracefully, also connections from before there was anything to serve', async () => {
  const { early } = await begin()
  const { port } = early.server.address() as AddressInfo
  const connected = once(early.server, 'connection')
  const unused = connect(port, '127.0.0.1')
  const ended = once(unused, 'close')
  await connected
  early.serve((_request, response) => response.end('served'))
  const cutOff = vi.spyOn(early.server, 'closeAllConnections')
  const app = vi.fn<() => Promise<void>>(async () => undefined)
  await early.close(app)
  await ended
  expect(app).toHaveBeenCalledOnce()
  expect(cutOff).not.toHaveBeenCalled()
})
