import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { importUser } from '@iam/domain/user'
import type { OperatorDeps } from '../operator-deps.ts'
import { readImportLine } from './import-line.ts'

export interface ImportResult {
  imported: number
  /** Addresses that were registered before, left as they are. */
  alreadyThere: number
  /** Lines that were not taken; everything else was. */
  refused: number
}

export interface ImportHears {
  readonly line: (line: number) => void
  readonly refused: (line: number, reason: string) => void
}

/**
 * Imports people with their hashes from NDJSON, a line each: `{email, hash, emailVerified?, locale?}`. Safe to run
 * again, also after it broke off.
 * @param hears is told of each line, and of each that is not taken, and why.
 */
export async function userImport(
  deps: Pick<OperatorDeps, 'db' | 'clock' | 'secrets' | 'loadSecrets'>,
  { tenant: name, input }: { readonly tenant: string; readonly input: Readable },
  hears: ImportHears,
): Promise<ImportResult> {
  const tenant = await findDirectoryEntry(deps.db.kysely, name)
  if (tenant === undefined) throw new Error(`There is no tenant ${name}.`)
  await deps.loadSecrets()
  const result = { imported: 0, alreadyThere: 0, refused: 0 }
  let number = 0
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number += 1
    hears.line(number)
    if (line.trim() === '') continue
    const person = readImportLine(line)
    const done =
      typeof person === 'string' ? person : await importUser(deps, { tenantId: tenant.tenantId, ...person })
    if (done === 'imported') result.imported += 1
    else if (done === 'already_there') result.alreadyThere += 1
    else {
      result.refused += 1
      hears.refused(
        number,
        done === 'hash_refused'
          ? 'has a hash that is not understood, too costly, or with a salt of fewer than 8 or more than 64 bytes'
          : done,
      )
    }
  }
  return result
}
