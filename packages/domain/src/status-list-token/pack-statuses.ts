import { deflateSync } from 'node:zlib'
import { slotsPerList } from './status-list-address.ts'

/** A list's `lst`: a bit a slot, set for those revoked, the lowest first in each byte, in ZLIB (Token Status List 4.1, 4.2). */
export function packStatuses(revoked: Iterable<number>): string {
  const bits = Buffer.alloc(slotsPerList / 8)
  for (const slot of revoked) bits[slot >> 3] = (bits[slot >> 3] ?? 0) | (1 << (slot & 7))
  return deflateSync(bits, { level: 9 }).toString('base64url')
}
