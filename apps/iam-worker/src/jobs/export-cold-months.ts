import { randomUUID } from 'node:crypto'
import { archiveAuditMonths, coldAuditTable } from '@iam/domain/audit-archive'
import { anchorOf } from '@iam/domain/key-set'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { openColdStore } from '@iam/platform/cold-store'
import { openKms } from '@iam/platform/kms'
import type { Config } from '../config.ts'
import type { JobDeps, JobResult, JobTurn } from './job.ts'

/** Moves the months of the audit trail that are old enough to the cold store; nothing where none is named. */
export async function exportColdMonths(
  { config, db, clock, log }: JobDeps,
  { signal, rehearsal }: JobTurn,
): Promise<JobResult> {
  const { cold, hotDays } = config.audit
  if (cold === undefined) return { due: 0, archived: 0, rows: 0 }
  const system = await findDirectoryEntry(db.kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet.')
  const report = ({ month, step, rows }: { month: string; step: string; rows: number }) =>
    log.info({ month, step, rows }, 'A month of the audit trail goes to the cold store')
  return archiveAuditMonths(
    { db, clock, store: await openColdStore(cold, coldAuditTable), anchors: await anchorsOf(config), report },
    { systemTenantId: system.tenantId, hotDays, owner: randomUUID(), signal, rehearsal },
  )
}

/** Who may have signed the heads of old months: the key of today, and those that were named besides. */
async function anchorsOf({ kms: { endpoint, auditKey }, audit }: Config): Promise<string[]> {
  const kms = await openKms({ endpoint })
  try {
    const { kid } = anchorOf(await kms.publicKey(auditKey), (bytes) => kms.sign(auditKey, bytes))
    return [kid, ...audit.anchors]
  } finally {
    kms.close()
  }
}
