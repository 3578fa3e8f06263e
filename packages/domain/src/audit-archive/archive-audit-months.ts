import { setTimeout as sleep } from 'node:timers/promises'
import {
  appendAudit,
  countAuditMonth,
  dropAuditMonth,
  holdAuditMonth,
  type AuditMonth,
} from '../audit/index.ts'
import { inTenant, run } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { holdLease, releaseLease, requireLease } from '../lease/index.ts'
import { AuditArchiveFault, type ArchiveDeps } from './archive-deps.ts'
import { copyMonth } from './copy-month.ts'
import { digestOfManifest, writeManifest, type ArchiveManifest } from './manifest.ts'
import { monthsDue } from './months-due.ts'
import { insertArchived } from './queries.ts'
import { verifyMonth } from './verify-month.ts'

export type ArchiveAuditMonths = Omit<ArchiveDeps, 'lease' | 'goOn' | 'rowsPerPart'> & {
  /** Part of what is in the store: a month that was begun with one number is not gone on with by another. */
  readonly rowsPerPart?: number
}

export interface WhichMonths {
  /** Whose audit event it is. */
  readonly systemTenantId: Id<'ten'>
  /** How old every event of a month has to be, in days. */
  readonly hotDays: number
  /** Names whoever does it, in the lease. */
  readonly owner: string
  readonly signal: AbortSignal
  /** Only says what would be done. */
  readonly rehearsal: boolean
}

const usualRowsPerPart = 10_000
const leaseSeconds = 120
const triesToDrop = 20
const betweenTries = 500
const lockNotAvailable = '55P03'

/**
 * Moves the months that are old enough to the cold store, the oldest first: copies, writes the manifest, reads all of it
 * back, and only then drops the month, in one transaction with what is noted of it. Cut off anywhere, the next run goes
 * on; of two at the same time one does it. @throws AuditArchiveFault when a copy does not hold: its month stays.
 * @returns how many months were due, how many of them went, and how many events those had.
 */
export async function archiveAuditMonths(
  deps: ArchiveAuditMonths,
  { hotDays, owner, signal, rehearsal, systemTenantId }: WhichMonths,
): Promise<{ due: number; archived: number; rows: number }> {
  const { kysely } = deps.db
  const due = await monthsDue(kysely, { now: deps.clock(), hotDays })
  const done = { due: due.length, archived: 0, rows: 0 }
  if (rehearsal) {
    for (const month of due) done.rows += await countAuditMonth(kysely, month)
    return done
  }
  const hold = () => holdLease(kysely, { name: 'audit-archive', owner, ttl: leaseSeconds })
  const lease = due.length === 0 ? undefined : await hold()
  if (lease === undefined) return done
  const goOn = async (): Promise<void> => {
    signal.throwIfAborted()
    if ((await hold())?.epoch !== lease.epoch)
      throw new Error('The lease audit-archive was lost to another worker.')
  }
  const { rowsPerPart = usualRowsPerPart } = deps
  try {
    for (const month of due) {
      done.rows += await archiveMonth({ ...deps, lease, goOn, rowsPerPart }, month, systemTenantId)
      done.archived += 1
    }
  } finally {
    await releaseLease(kysely, lease)
  }
  return done
}

async function archiveMonth(
  deps: ArchiveDeps,
  month: AuditMonth,
  systemTenantId: Id<'ten'>,
): Promise<number> {
  const manifest = await copyMonth(deps, month)
  const written = writeManifest(manifest)
  await deps.store.writeManifest(month.name, written)
  await verifyMonth(deps, month, written)
  await dropWhenFree(deps, () => dropMonth(deps, { month, manifest, written, systemTenantId }))
  deps.report({ month: month.name, step: 'dropped', rows: manifest.rows })
  return manifest.rows
}

interface Dropping {
  readonly month: AuditMonth
  readonly manifest: ArchiveManifest
  readonly written: string
  readonly systemTenantId: Id<'ten'>
}

async function dropMonth(
  deps: ArchiveDeps,
  { month, manifest, written, systemTenantId: tenantId }: Dropping,
) {
  const at = deps.clock()
  await inTenant(deps.db, { tenantId }, async (tx) => {
    await requireLease(tx, deps.lease)
    await holdAuditMonth(tx, month)
    const rows = await countAuditMonth(tx, month)
    if (rows !== manifest.rows)
      throw new AuditArchiveFault(`${month.name} has ${rows} events, and ${manifest.rows} were copied`)
    const { parts, head } = manifest
    const noted = {
      month,
      rows,
      parts: parts.length,
      manifest: digestOfManifest(written),
      head: head?.number ?? 0,
    }
    await insertArchived(tx, noted, at)
    const target = { type: 'audit_month', id: month.name }
    const what = {
      action: 'audit_month.archived',
      target,
      outcome: 'success',
      reason: `${rows} events`,
    } as const
    await run(tx, appendAudit({ tenantId, at, actor: { type: 'system' }, ...what }))
    await dropAuditMonth(tx, month)
  })
}

/** Whoever reads the trail holds its tables for a moment, and is not kept waiting behind us. */
async function dropWhenFree({ goOn }: ArchiveDeps, drop: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await goOn()
    try {
      return await drop()
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable || tries === triesToDrop) throw error
      await sleep(betweenTries)
    }
  }
}
