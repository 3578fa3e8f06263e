import ipaddr from 'ipaddr.js'

/** The network of an address, as far as it is kept: /24 of IPv4, /48 of IPv6; empty for anything else. */
export function networkOf(address: string): string {
  return cut(address, { ipv4: 24, ipv6: 48 })
}

/** What requests are counted by: the IPv4 address, or the /64 of IPv6, which is what one subscriber has. */
export function countedNetworkOf(address: string): string {
  return cut(address, { ipv4: 32, ipv6: 64 })
}

/** IPv4 spelled as IPv6 (`::ffff:…`) is IPv4. */
function cut(address: string, prefix: { readonly ipv4: number; readonly ipv6: number }): string {
  if (!ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  const bits = prefix[parsed.kind()]
  const network =
    parsed.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${parsed.toString()}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${bits}`)
  return `${network.toString()}/${bits}`
}
