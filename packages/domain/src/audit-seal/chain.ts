import { createHash } from 'node:crypto'
import { canonicalRow, type KeyedRow } from '../audit/index.ts'

/** What a tenant's chain begins with, before its first event. */
export function chainStart(tenantId: string): Buffer {
  return createHash('sha256').update(`iam-audit-chain/v1|${tenantId}`).digest()
}

/** SHA-256(prev | seq | SHA-256(row) | mac): a link says all that came before it, and which place the row has. */
export function chainLink(prev: Buffer, seq: number, row: KeyedRow): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigUInt64BE(BigInt(seq))
  const hashed = createHash('sha256').update(canonicalRow(row)).digest()
  const link = createHash('sha256').update(prev).update(place).update(hashed)
  return link.update(row.mac ?? Buffer.alloc(0)).digest()
}
