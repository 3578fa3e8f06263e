import { createHash } from 'node:crypto'
import { canonicalRow } from '../audit/index.ts'
import { readEvent, type ExportedEvent } from '../audit-seal/index.ts'

/** Where in the order of tenants and places something stands. */
export interface ColdPlace {
  readonly tenantId: string
  readonly seq: number
}

/** A part as its month's manifest tells of it. */
export interface ManifestPart {
  readonly number: number
  readonly rows: number
  readonly first: ColdPlace
  readonly last: ColdPlace
  /** SHA-256 over the canonical rows, in hexadecimal. */
  readonly digest: string
}

/**
 * What a month in the cold store has, written last: without one the month is not there. It says nothing that another
 * export of the same month would say differently.
 */
export interface ArchiveManifest {
  /** The version of the rows' form and of this. */
  readonly v: 1
  readonly month: string
  readonly rows: number
  readonly firstAt: string | null
  readonly lastAt: string | null
  /** SHA-256 over all canonical rows, in hexadecimal. */
  readonly digest: string
  readonly parts: readonly ManifestPart[]
  /** The first signed head that covers all of it, with the ends of all chains below its root; none without rows. */
  readonly head: { readonly number: number; readonly jws: string } | null
  readonly ends: readonly { readonly tenantId: string; readonly seq: number; readonly chain: string }[]
}

/** The manifest as it is stored. */
export function writeManifest(manifest: ArchiveManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`
}

/** Reads a manifest. @throws when it is none, or of a version that is not known here. */
export function readManifest(text: string): ArchiveManifest {
  const read = JSON.parse(text) as { readonly v: unknown }
  if (read.v !== 1) throw new Error('A manifest of this version is not known here.')
  return read as ArchiveManifest
}

/** SHA-256 of a stored manifest. */
export function digestOfManifest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** SHA-256 over rows in their order: each its place, its canonical form, its mac and its link. */
export class RowsDigest {
  readonly #hash = createHash('sha256')

  add(event: ExportedEvent): void {
    const row = readEvent(event)
    const place = Buffer.alloc(8)
    place.writeBigUInt64BE(BigInt(event.seq))
    this.#hash.update(place).update(canonicalRow(row))
    this.#hash.update(row.mac ?? Buffer.alloc(32)).update(event.chain, 'hex')
  }

  /** In hexadecimal. */
  end(): string {
    return this.#hash.digest('hex')
  }
}
