import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Tells the requests that one of these proxies has sent, by addresses and networks. */
export function sentBy(trustedProxies: readonly string[]): (request: FastifyRequest) => boolean {
  const trusted = trustedProxies.map(rangeOf)
  return (request) => isWithin(trusted, request.socket.remoteAddress)
}

function rangeOf(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** IPv4 spelled as IPv6 (`::ffff:…`) is IPv4. */
function isWithin(ranges: readonly Range[], text = ''): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  return ranges.some(
    ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
  )
}
