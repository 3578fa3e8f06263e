import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Opened, Work } from '../agent/protocol.ts'

/** How long a client waits before it sends the next byte of its request. */
const pace = 100
const start = 'GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nx-long: '

/** Clients who send a request byte by byte and never end it; whoever is thrown out comes again. */
export async function openEndless({
  origin,
  connections,
}: Extract<Work, { kind: 'endless' }>): Promise<Opened> {
  return {
    run: async (ms) => {
      const startedAt = performance.now()
      const clients = Array.from({ length: connections }, () => stay(Number(new URL(origin).port), ms))
      const opened = await Promise.all(clients)
      const ops = opened.reduce((sum, times) => sum + times, 0)
      return { ops, seconds: (performance.now() - startedAt) / 1000, p50Ms: NaN, p99Ms: NaN, errors: 0 }
    },
    close: async () => undefined,
  }
}

/** @returns how often the client connected. */
async function stay(port: number, ms: number): Promise<number> {
  const end = performance.now() + ms
  let times = 0
  while (performance.now() < end) {
    times += 1
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    socket.resume().write(start)
    while (performance.now() < end && !socket.destroyed) {
      await sleep(pace)
      if (socket.writable) socket.write('x')
    }
    socket.destroy()
  }
  return times
}
