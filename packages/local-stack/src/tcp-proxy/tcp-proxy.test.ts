import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TcpProxy, startTcpProxy } from './index.ts'

describe('TcpProxy', () => {
  let echo: Server
  let proxy: TcpProxy
  const received: string[] = []
  beforeEach(async () => {
    received.length = 0
    echo = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data) => {
        received.push(String(data))
        socket.write(data)
      })
    }).listen(0, '127.0.0.1')
    await once(echo, 'listening')
    proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port })
  })
  afterEach(() => {
    vi.useRealTimers()
    proxy.close()
    echo.close()
  })

  it('passes data both ways', async () => {
    const client = await connected()

    expect(await say(client, 'hello')).toBe('hello')
    client.destroy()
  })

  it('holds data back for as long as it is told to, each way', async () => {
    const client = await connected()
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    proxy.slowDown(60)
    const answer = say(client, 'hello')

    await heldBack(1)
    vi.advanceTimersByTime(59)
    await turn()
    expect(received).toEqual([])
    vi.advanceTimersByTime(1)
    await heldBack(1)
    expect(received).toEqual(['hello'])
    vi.advanceTimersByTime(60)

    expect(await answer).toBe('hello')
  })

  it('keeps the order of data when the delay is shortened meanwhile', async () => {
    const client = await connected()
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    proxy.slowDown(60)
    client.write('one ')
    await heldBack(1)
    proxy.slowDown(5)
    client.write('two')
    await heldBack(2)

    vi.advanceTimersByTime(60)

    while (received.join('').length < 7) await turn()
    expect(received.join('')).toBe('one two')
  })

  it('refuses new connections and takes them again on the same port', async () => {
    const { port } = proxy
    proxy.refuse()
    await expect(connected()).rejects.toThrow('ECONNREFUSED')

    await proxy.heal()

    expect(proxy.port).toBe(port)
    expect(await say(await connected(), 'back')).toBe('back')
  })

  it('passes nothing on while silent, and everything once healed', async () => {
    const client = await connected()
    proxy.fallSilent()
    const answer = say(client, 'lost?')
    const witness = await startTcpProxy({ port: (echo.address() as AddressInfo).port })
    // What the healthy way round takes this long, the silent one would have passed on by then.
    expect(await say(await connected(witness), 'witness')).toBe('witness')
    expect(received).toEqual(['witness'])

    await proxy.heal()

    expect(await answer).toBe('lost?')
    witness.close()
  })

  it('cuts every connection with a reset', async () => {
    const clients = await Promise.all([connected(), connected()])
    await Promise.all(clients.map((client) => say(client, 'here')))
    const cut = Promise.all(clients.map((client) => once(client, 'error')))

    proxy.cut()

    expect((await cut).map(([error]) => (error as NodeJS.ErrnoException).code)).toEqual([
      'ECONNRESET',
      'ECONNRESET',
    ])
    await Promise.all(clients.map((client) => once(client, 'close')))
    expect(proxy.clients).toBe(0)
  })

  async function connected(to = proxy): Promise<Socket> {
    const client = connect(to.port, '127.0.0.1')
    client.on('error', () => {}) // connections are cut here; each test looks at what it is about
    await once(client, 'connect')
    return client
  }
})

/** Waits until so many pieces of data lie in the proxy. */
async function heldBack(pieces: number): Promise<void> {
  while (vi.getTimerCount() < pieces) await turn()
}

/** Lets the network move on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function say(client: Socket, words: string): Promise<string> {
  client.write(words)
  const heard = await once(client, 'data')
  return String(heard[0])
}
