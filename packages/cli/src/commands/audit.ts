import { archivedMonths, archivedRows, coldAuditTable } from '@iam/domain/audit-archive'
import {
  exportAudit,
  verifyAuditExport,
  type ArchivedRows,
  type AuditFinding,
  type ExportManifest,
  type VerifiedAudit,
} from '@iam/domain/audit-seal'
import { findDirectoryEntry } from '@iam/domain/tenant'
import { openColdStore } from '@iam/platform/cold-store'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'
import type { Progress } from '../progress.ts'
import { beginExport, readExport } from './audit-files.ts'

export interface AuditSpan {
  readonly tenant: string
  readonly from: Date
  readonly to: Date
  /** A directory, which is made. */
  readonly out: string
  /** Where old months are; undefined where this was not told. */
  readonly cold: Config['auditCold']
}

/** Writes a tenant's sealed events of a time into a directory, with what proves them. */
export async function auditExport(
  deps: OperatorDeps,
  { tenant, from, to, out, cold }: AuditSpan,
  progress: Pick<Progress, 'step'>,
): Promise<ExportManifest> {
  const found = await findDirectoryEntry(deps.db.kysely, tenant)
  if (found === undefined) throw new Error(`There is no tenant ${tenant}.`)
  const archived = await archiveOf(deps, cold, { from, to })
  const files = await beginExport(out)
  let events = 0
  const sink = {
    ...files,
    event: async (event: Parameters<typeof files.event>[0]) => {
      await files.event(event)
      events += 1
      progress.step('events', events)
    },
  }
  const manifest = await exportAudit({ ...deps, ...archived }, { tenantId: found.tenantId, from, to }, sink)
  await files.finish(manifest)
  return manifest
}

/** What finds the events of months that left the database. @throws when there are some, and nobody said where. */
async function archiveOf(
  { db }: OperatorDeps,
  cold: AuditSpan['cold'],
  { from, to }: Pick<AuditSpan, 'from' | 'to'>,
): Promise<{ archived?: ArchivedRows }> {
  if (cold !== undefined) {
    const store = await openColdStore(cold, coldAuditTable)
    return { archived: archivedRows({ db: db.kysely, store }) }
  }
  const gone = (await archivedMonths(db.kysely)).find(({ month }) => month.from < to && month.to > from)
  if (gone === undefined) return {}
  throw new Error(
    `${gone.month.name} is in the cold store, and IAM_AUDIT_COLD_STORE does not say where that is.`,
  )
}

/** Checks an export by itself, against the pinned keys of the audit trail. */
export async function auditVerify(
  directory: string,
  pins: { readonly issuer: string; readonly anchors: readonly string[] },
): Promise<VerifiedAudit> {
  return verifyAuditExport(await readExport(directory), pins)
}

/** The same, and the mac of every event: the one part that needs the deployment's own key. */
export async function auditVerifyWithMac(
  deps: OperatorDeps,
  directory: string,
  pins: Parameters<typeof auditVerify>[1],
): Promise<VerifiedAudit> {
  await deps.loadSecrets()
  const ring = deps.secrets.of('audit')
  return verifyAuditExport(await readExport(directory), {
    ...pins,
    keyOf: (version) => ring.byVersion(version),
  })
}

const words: Record<AuditFinding['fault'], string> = {
  event_altered: 'is not as it was sealed, or was not sealed there',
  event_missing: 'is missing',
  event_out_of_order: 'is not in its place',
  event_of_another_tenant: 'is of another tenant',
  events_cut_off: 'and what follows is cut off: a head covers more',
  event_not_covered: 'was never covered by a head',
  chain_rewritten: 'or one before it is not what the head covered: the chain was made anew',
  mac_wrong: 'was not written by the service, or altered since',
  head_not_signed: 'is not signed by a pinned key of this issuer',
  head_missing: 'is missing',
  head_not_proved: 'does not cover the chain as it is here',
  heads_cut_off: 'the heads end before the export does',
  nothing_proved: 'no head says where a chain of this tenant ended: it had none, or all of it was left out',
  manifest_wrong: 'the manifest does not say what the export has',
}

/** What an export came to, for people. */
export function describeVerified(verified: VerifiedAudit): string[] {
  const { findings, events, heads, uncovered, withoutMac, minutesWithoutHead } = verified
  const faults = findings.map(({ fault, seq, id, head }) => {
    const event = seq === undefined ? [] : [`event ${seq}${id === undefined ? '' : ` (${id})`}`]
    return ['FAULT', fault, ...(head === undefined ? [] : [`head ${head}`]), ...event, words[fault]].join(' ')
  })
  return [
    ...faults,
    `${events} events, ${heads} heads: ${verified.holds ? 'they hold' : 'they do NOT hold'}.`,
    ...(uncovered === 0 ? [] : [`${uncovered} events are not covered by a head yet.`]),
    ...(withoutMac.length === 0
      ? []
      : [`${withoutMac.length} events of the role keys have no mac: ${withoutMac.slice(0, 5).join(', ')}`]),
    ...(minutesWithoutHead === 0 ? [] : [`${minutesWithoutHead} minutes have no head: nobody sealed then.`]),
  ]
}
