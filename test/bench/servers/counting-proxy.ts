import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than it takes to send what is sent without waiting. */
const heldFor = 3

/**
 * A TCP proxy that counts how often a client waits: how often it sends something after it was answered. Answers are
 * held back for some milliseconds, so that whatever is sent without waiting for them is sent by then.
 */
export class CountingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #waits = 0

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, connect(target, '127.0.0.1')))
  }

  /** Starts one in front of a port of this machine. */
  static async start(target: number): Promise<CountingProxy> {
    const proxy = new CountingProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Over all connections, so far. */
  get waits(): number {
    return this.#waits
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(client: Socket, upstream: Socket): void {
    let answered = true
    client.on('data', (data) => {
      if (answered) this.#waits += 1
      answered = false
      upstream.write(data)
    })
    let delivering = Promise.resolve()
    upstream.on('data', (data) => {
      const due = sleep(heldFor)
      delivering = delivering.then(async () => {
        await due
        answered = true
        client.write(data)
      })
    })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => other.destroy())
    }
  }
}
