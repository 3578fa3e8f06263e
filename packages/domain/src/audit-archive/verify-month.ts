import { monthOf, type AuditMonth } from '../audit/index.ts'
import { merkleRoot, readHead } from '../audit-seal/index.ts'
import { archivedRows, readPart } from './archived-rows.ts'
import { AuditArchiveFault, type ArchiveDeps } from './archive-deps.ts'
import { ChainWalk } from './chain-walk.ts'
import { readManifest, RowsDigest, type ArchiveManifest } from './manifest.ts'

/**
 * Reads a month back from the cold store and holds it against what was written, and every event against its tenant's
 * chain, up to the ends that a signed head has. @throws AuditArchiveFault when any of it does not hold.
 */
export async function verifyMonth(deps: ArchiveDeps, month: AuditMonth, written: string): Promise<void> {
  const text = await deps.store.readManifest(month.name)
  if (text !== written) throw new AuditArchiveFault(`the manifest of ${month.name} is not what was written`)
  const manifest = readManifest(text)
  const archived = archivedRows({ db: deps.db.kysely, store: deps.store })
  const walk = new ChainWalk({ db: deps.db, archived }, await provedEnds(deps, manifest))
  const digest = new RowsDigest()
  let rows = 0
  for (const part of manifest.parts) {
    await deps.goOn()
    for (const event of await readPart(deps.store, month.name, part)) {
      if (monthOf(new Date(event.occurredAt)).name !== month.name)
        throw new AuditArchiveFault(`event ${event.seq} of ${event.tenantId} is of another month`)
      await walk.take(event)
      digest.add(event)
      rows += 1
    }
    deps.report({ month: month.name, step: 'read back', rows })
  }
  await walk.finish()
  if (rows !== manifest.rows || digest.end() !== manifest.digest)
    throw new AuditArchiveFault(`the events of ${month.name} are not what was written`)
}

/** Where all chains ended, as a pinned key signed it. */
async function provedEnds({ anchors }: ArchiveDeps, { head, ends }: ArchiveManifest) {
  if (head === null) return []
  const signed = await readHead(head.jws, anchors)
  if (signed?.number !== head.number)
    throw new AuditArchiveFault(`head ${head.number} is not signed by a pinned key`)
  const read = ends.map(({ tenantId, seq, chain }) => ({ tenantId, seq, chain: Buffer.from(chain, 'hex') }))
  if (merkleRoot(read).toString('hex') !== signed.root)
    throw new AuditArchiveFault(`head ${head.number} does not cover the ends of the chains`)
  return read
}
