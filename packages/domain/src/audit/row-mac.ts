import { createHmac, type KeyObject } from 'node:crypto'
import { canonicalRow, type AuditRow } from './canonical-row.ts'

/** The key that macs of the audit trail are made with; `SecretRing` is one. */
export interface AuditKeys {
  current(at: Date): { readonly version: number; readonly key: KeyObject }
}

/** Prefix and time of an id: the rest is random, and not known where a statement makes several rows. */
const stemLength = 14
const blockLength = 64

/**
 * The key of the rows that a tenant has of one millisecond. Each mac is made with such a key, so that a statement which
 * alone knows what becomes a row can be given the key of that row, and of nothing else of note.
 */
function rowKey(key: KeyObject, { tenantId, id }: Pick<AuditRow, 'tenantId' | 'id'>): Buffer {
  return createHmac('sha256', key)
    .update(`${tenantId}|${id.slice(0, stemLength)}`)
    .digest()
}

/** HMAC-SHA-256 over a row's canonical form (RFC 2104). */
export function rowMac(key: KeyObject, row: AuditRow): Buffer {
  return createHmac('sha256', rowKey(key, row)).update(canonicalRow(row)).digest()
}

/** The two blocks that HMAC begins its two hashes with (RFC 2104 2): with them SQL makes the mac of a row. */
export function rowKeyBlocks(key: KeyObject, row: Pick<AuditRow, 'tenantId' | 'id'>) {
  const block = Buffer.concat([rowKey(key, row)], blockLength)
  const xored = (byte: number) => Buffer.from(block.map((each) => each ^ byte))
  return { inner: xored(0x36), outer: xored(0x5c) }
}
