import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer, connect } from 'node:net'
import { OneWay } from './one-way.ts'

/** What the proxy stands in front of. */
export interface TcpProxyTarget {
  port: number
  host?: string
}

/**
 * A TCP proxy on 127.0.0.1 that a test breaks on purpose: it can be slow, refuse connections, fall silent like
 * a network that lost its route, or cut every connection. `heal` undoes all of it.
 */
export class TcpProxy {
  readonly #target: Required<TcpProxyTarget>
  readonly #ways = new Set<OneWay>()
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  #latencyMs = 0
  #silent = false

  /** Use `startTcpProxy`. */
  constructor({ port, host = '127.0.0.1' }: TcpProxyTarget) {
    this.#target = { port, host }
  }

  /** The port it listens on, also after `refuse` and `heal`. */
  get port(): number {
    return this.#port
  }

  /** How many clients are connected. */
  get clients(): number {
    return this.#sockets.size / 2
  }

  /** Holds every piece of data back for so many milliseconds, each way. */
  slowDown(latencyMs: number): void {
    this.#latencyMs = latencyMs
  }

  /** Refuses new connections, as a program does that is down. Existing ones live on; see `cut`. */
  refuse(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Takes connections and data but passes nothing on and answers nothing; `heal` delivers what was held back. */
  fallSilent(): void {
    this.#silent = true
  }

  /** Ends every connection with a reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Works as if nothing was the matter. */
  async heal(): Promise<void> {
    this.#latencyMs = 0
    this.#silent = false
    for (const way of this.#ways) way.flush()
    if (this.#server === undefined) await this.listen()
  }

  /** Ends every connection and stops listening. */
  close(): void {
    this.cut()
    this.refuse()
  }

  /** Listens, the first time on a port of the system's choice. */
  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#join(client))
    this.#server = server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
  }

  #join(client: Socket): void {
    const upstream = connect({ ...this.#target, allowHalfOpen: true })
    this.#forward(client, upstream)
    this.#forward(upstream, client)
  }

  #forward(from: Socket, to: Socket): void {
    const way = new OneWay(from, to, () => (this.#silent ? undefined : this.#latencyMs))
    this.#ways.add(way)
    this.#sockets.add(from)
    from.on('error', () => to.resetAndDestroy())
    from.on('close', () => {
      this.#ways.delete(way)
      this.#sockets.delete(from)
    })
  }
}

/** Starts a proxy in front of a program on this machine. */
export async function startTcpProxy(target: TcpProxyTarget): Promise<TcpProxy> {
  const proxy = new TcpProxy(target)
  await proxy.listen()
  return proxy
}
