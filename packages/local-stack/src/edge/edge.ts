import { once } from 'node:events'
import {
  Agent,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer,
  request,
} from 'node:http'
import { pipeline } from 'node:stream'
import { requestHeaders, responseHeaders } from './forwarding.ts'
import { sendProblem } from './problem.ts'

/** Where the edge listens, and where the two processes behind it do, all on this machine. */
export interface EdgePorts {
  edge: number
  api: number
  jwks: number
}

interface Upstream {
  name: string
  port: number
  agent: Agent
}

const answerWithinMs = 30_000

/**
 * The stand-in for the load balancer: one origin, with /.well-known/ served by iam-jwks, but for what tenants decide,
 * and everything else by iam-api. It listens on both loopback addresses, because `localhost` may mean either.
 */
export class Edge {
  readonly #api: Upstream
  readonly #jwks: Upstream
  readonly #servers: Server[] = []

  /** Use `startEdge`. */
  constructor({ api, jwks }: EdgePorts) {
    this.#api = { name: 'iam-api', port: api, agent: new Agent({ keepAlive: true }) }
    this.#jwks = { name: 'iam-jwks', port: jwks, agent: new Agent({ keepAlive: true }) }
  }

  /** Listens on an address. Refuses a port that is taken; passes over an address the machine does not have. */
  async listen(port: number, host: '127.0.0.1' | '::1'): Promise<void> {
    const server = createServer((incoming, outgoing) => this.#serve(incoming, outgoing)).listen(port, host)
    try {
      await once(server, 'listening')
      this.#servers.push(server)
    } catch (error) {
      if (!isAbsentAddress(error)) throw error
    }
  }

  /** Stops listening and ends every connection. */
  close(): void {
    for (const server of this.#servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
    this.#api.agent.destroy()
    this.#jwks.agent.destroy()
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (!incoming.url?.startsWith('/')) {
      sendProblem(outgoing, 400, 'The request target must be a path.')
      return
    }
    forward(incoming, outgoing, isPublished(incoming.url) ? this.#jwks : this.#api)
  }
}

function isPublished(url: string): boolean {
  return url.startsWith('/.well-known/') && !/^\/\.well-known\/webauthn($|\?)/.test(url)
}

/** Starts the edge. Refuses a port that is taken. */
export async function startEdge(ports: EdgePorts): Promise<Edge> {
  const edge = new Edge(ports)
  await edge.listen(ports.edge, '127.0.0.1')
  await edge.listen(ports.edge, '::1')
  return edge
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, upstream: Upstream): void {
  const onward = request({
    host: '127.0.0.1',
    port: upstream.port,
    agent: upstream.agent,
    method: incoming.method,
    path: incoming.url,
    headers: requestHeaders(incoming),
    timeout: answerWithinMs,
  })
  onward.on('timeout', () => {
    sendProblem(outgoing, 504, `${upstream.name} did not answer within ${answerWithinMs / 1000} s.`)
    onward.destroy()
  })
  onward.on('error', (error) => {
    if (mayRepeat(incoming) && onward.reusedSocket && isReset(error)) forward(incoming, outgoing, upstream)
    else sendProblem(outgoing, 502, `${upstream.name} does not answer: its log says why.`)
  })
  onward.on('response', (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, responseHeaders(response))
    // A failure on either side destroys the other, so an answer that was cut never looks complete.
    pipeline(response, outgoing, () => {})
  })
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) onward.destroy() // the client went away
  })
  // Not `pipeline`: it would destroy the client's connection before the problem above is sent.
  if (hasBody(incoming)) incoming.pipe(onward)
  else onward.end()
}

/** A kept connection may be closed by the other side at the moment it is used again; asking twice does no harm. */
function mayRepeat(incoming: IncomingMessage): boolean {
  return !hasBody(incoming) && (incoming.method === 'GET' || incoming.method === 'HEAD')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET'
}

function isAbsentAddress(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}
