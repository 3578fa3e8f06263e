import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How long a shared cache may use what it has, in seconds (RFC 9111, RFC 5861). */
export interface SharedCaching {
  readonly fresh: number
  readonly whileRevalidating: number
  readonly ifError: number
}

interface Stored {
  readonly body: string
  readonly at: number
}

/**
 * A CDN before an origin, as adverse as its headers let it be, by a clock that the test moves: it answers with what
 * it has for as long as it may, and revalidates behind the request's back.
 */
export class SimulatedCdn {
  /** How often the origin was asked. */
  asked = 0
  readonly #server: Server
  #stored: Stored | undefined

  private constructor(server: Server) {
    this.#server = server
  }

  /** @param origin what the origin answers now; undefined while it cannot be reached. */
  static async open(
    origin: () => string | undefined,
    { caching, now }: { caching: SharedCaching; now: () => number },
  ): Promise<SimulatedCdn> {
    const server = createServer((_request, response) => {
      const answer = cdn.#answer(origin, caching, now())
      if (answer === undefined) response.writeHead(502).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    })
    const cdn = new SimulatedCdn(server)
    // A connection that is closed in the moment of its next use would be taken for a refusal.
    server.keepAliveTimeout = 0
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return cdn
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #answer(origin: () => string | undefined, caching: SharedCaching, now: number): string | undefined {
    const stored = this.#stored
    const age = stored === undefined ? Infinity : (now - stored.at) / 1000
    if (stored !== undefined && age < caching.fresh) return stored.body
    const renewed = this.#fetch(origin, now)
    if (stored !== undefined && age < caching.fresh + caching.whileRevalidating) return stored.body
    if (renewed !== undefined) return renewed
    return stored !== undefined && age < caching.fresh + caching.ifError ? stored.body : undefined
  }

  #fetch(origin: () => string | undefined, now: number): string | undefined {
    const body = origin()
    if (body === undefined) return undefined
    this.asked += 1
    this.#stored = { body, at: now }
    return body
  }
}
