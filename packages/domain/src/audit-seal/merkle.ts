import { createHash } from 'node:crypto'
import { lengthPrefixed } from '../secret-key/index.ts'

/** Where a tenant's chain ends. */
export interface ChainEnd {
  readonly tenantId: string
  readonly seq: number
  readonly chain: Buffer
}

/** A step from a leaf to the root: the hash beside it, and on which side that is. */
export interface ProofStep {
  readonly side: 'left' | 'right'
  readonly hash: string
}

const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const node = (left: Buffer, right: Buffer) => sha256(Buffer.from([1]), left, right)

/** The hash of a leaf; never that of a node (RFC 9162 2.1.1). */
function leafOf({ tenantId, seq, chain }: ChainEnd): Buffer {
  return sha256(Buffer.from([0]), lengthPrefixed([tenantId, String(seq), chain.toString('hex')]))
}

/** The root over chains, in the order of their tenants (RFC 9162 2.1.1). */
export function merkleRoot(ends: readonly ChainEnd[]): Buffer {
  return rootOf(ordered(ends).map(leafOf))
}

/** How a tenant's chain stands below the root (RFC 9162 2.1.3); undefined when it does not. */
export function inclusionProof(ends: readonly ChainEnd[], tenantId: string): ProofStep[] | undefined {
  const sorted = ordered(ends)
  const index = sorted.findIndex((end) => end.tenantId === tenantId)
  return index < 0 ? undefined : stepsTo(sorted.map(leafOf), index)
}

/** The root that a chain's end and its proof lead to. */
export function rootFrom(end: ChainEnd, proof: readonly ProofStep[]): Buffer {
  return proof.reduce((hash, { side, hash: other }) => {
    const beside = Buffer.from(other, 'hex')
    return side === 'left' ? node(beside, hash) : node(hash, beside)
  }, leafOf(end))
}

function ordered(ends: readonly ChainEnd[]): ChainEnd[] {
  return ends.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return sha256()
  if (leaves.length === 1) return only
  const split = splitOf(leaves.length)
  return node(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

function stepsTo(leaves: readonly Buffer[], index: number): ProofStep[] {
  if (leaves.length <= 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...stepsTo(left, index), { side: 'right', hash: rootOf(right).toString('hex') }]
    : [...stepsTo(right, index - split), { side: 'left', hash: rootOf(left).toString('hex') }]
}

/** The largest power of two below a number of leaves. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}
