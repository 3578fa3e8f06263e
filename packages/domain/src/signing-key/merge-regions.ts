import type { EndorsedKey, KeySetClaims } from '../key-set/index.ts'
import type { OtherRegions } from './region-parts.ts'

interface Own {
  readonly region: string
  readonly keys: readonly EndorsedKey[]
  readonly statusKeys: readonly EndorsedKey[]
  readonly revoked: readonly string[]
}

/** What a key set says of its keys, and of whose they are. */
export type Merged = Pick<KeySetClaims, 'keys' | 'revoked' | 'part'> & {
  readonly statusKeys: readonly EndorsedKey[]
}

/**
 * One key set of this region's keys and the others'. A kid stands there once. Whatever any region gives up is out,
 * except for this region's own live keys: over those no other has a word. So a region that lies can have its
 * neighbours' keys refused elsewhere, as one that leaks can, and can have nothing taken that is not endorsed.
 */
export function mergeRegions(own: Own, others: OtherRegions): Merged {
  const { region, keys, statusKeys, revoked } = own
  const ours = [...keys, ...statusKeys].map(({ kid }) => kid)
  const out = [...new Set([...revoked, ...others.revoked])].filter((kid) => !ours.includes(kid)).toSorted()
  const taken = new Set([...ours, ...out])
  const isAlone = Object.keys(others.parts).length === 0
  return {
    keys: [...keys, ...untaken(others.keys, taken)],
    statusKeys: [...statusKeys, ...untaken(others.statusKeys, taken)],
    revoked: out,
    ...(isAlone ? {} : { part: { region, keys: ours, revoked } }),
  }
}

/** Each key once: what is taken is not given again. */
function untaken(keys: readonly EndorsedKey[], taken: Set<string>): EndorsedKey[] {
  return keys.filter(({ kid }) => !taken.has(kid) && taken.add(kid))
}
