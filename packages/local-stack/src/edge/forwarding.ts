import type { IncomingMessage } from 'node:http'

/** Names that concern one connection only (RFC 9110 7.6.1), and Expect, which the edge has already answered. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What only a load balancer may say: where a request comes from and which certificate the client showed. */
const loadBalancersOwn = /^(forwarded$|x-forwarded-|x-real-ip$|x-client-|x-ssl-client-|x-amzn-mtls-)/

/**
 * The headers with which a client's request goes on: the client's own, without those of the connection and
 * those that only the load balancer may set, which are then set from what the edge sees itself.
 */
export function requestHeaders(request: IncomingMessage): string[] {
  const headers = endToEnd(request.rawHeaders, connectionNames(request)).filter(
    // Some frameworks read `_` as `-`, so both spellings are the load balancer's.
    ([name]) => !loadBalancersOwn.test(name.toLowerCase().replaceAll('_', '-')),
  )
  headers.push(
    ['X-Forwarded-For', request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', request.headers.host ?? ''],
  )
  // Without this Node would send the body of a GET or DELETE unframed, as the start of another request.
  if (request.headers['transfer-encoding'] !== undefined) headers.push(['Transfer-Encoding', 'chunked'])
  return headers.flat()
}

/** The headers with which an answer goes back. */
export function responseHeaders(response: IncomingMessage): string[] {
  return endToEnd(response.rawHeaders, connectionNames(response)).flat()
}

function endToEnd(raw: readonly string[], named: ReadonlySet<string>): [name: string, value: string][] {
  const headers: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [raw[at] ?? '', raw[at + 1] ?? '']
    const known = name.toLowerCase()
    if (!hopByHop.has(known) && !named.has(known)) headers.push([name, value])
  }
  return headers
}

/** The names that a message's own Connection header declares to be hop-by-hop too. */
function connectionNames({ headers }: IncomingMessage): Set<string> {
  return new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
}
