import { isIP, SocketAddress } from 'node:net'

/** There are some two thousand exits. */
export const mostBytes = 4 * 1024 * 1024

/** The addresses of a list: one a line, or lines of the Tor Project's other form, `ExitAddress <address> <time>`. */
export function readTorExits(text: string): Set<string> {
  const lines = text.split(/\r?\n/).map((line) => line.trim().replace(/^ExitAddress /, ''))
  return new Set(lines.flatMap((line) => canonicalAddress(line.split(' ', 1)[0] ?? '') ?? []))
}

/** One spelling of each address; IPv4 spelled as IPv6 (`::ffff:…`) is IPv4. */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text)
  if (version === 0) return undefined
  const { address } = new SocketAddress({ address: text, family: version === 4 ? 'ipv4' : 'ipv6' })
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
