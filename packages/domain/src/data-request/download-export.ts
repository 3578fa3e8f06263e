import { appendAudit } from '../audit/index.ts'
import { inTenant, run } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { unseal } from '../secret-key/index.ts'
import { requireStrongAuthentication, type ShownLogin } from '../session/index.ts'
import { findUser, userKeyOf } from '../user/index.ts'
import { fileName, mostDownloads, type ExportFormat, type StoredExport } from './data-request.ts'
import type { DataRequestDeps, ExportStore } from './deps.ts'
import { hashOf, openSecrets, type ExportSecrets } from './export-secrets.ts'
import { countDownload, exportByToken } from './queries.ts'

export interface DownloadDeps extends DataRequestDeps {
  /** None where this deployment makes no exports. */
  readonly exports: ExportStore | undefined
}

export interface DownloadExport {
  readonly tenantId: Id<'ten'>
  /** Whoever is logged in. */
  readonly userId: Id<'usr'>
  readonly login: ShownLogin
  readonly token: string
  readonly format: ExportFormat
  readonly origin: RequestOrigin
}

/**
 * Gives one file of an export to the person it is of, who must have the link and be logged in: a link that was passed
 * on opens nothing (C256).
 * @throws Refusal `reauthentication_required`; `not_found` for no link of ours; `not_allowed` for somebody else’s, which
 *   is audited; `export_gone` for one that has run out, was ended, or was used ten times; `temporarily_unavailable`.
 */
export async function downloadExport(
  deps: DownloadDeps,
  call: DownloadExport,
): Promise<{ readonly body: Buffer; readonly id: Id<'dsr'> }> {
  const { tenantId, userId, login, format } = call
  await requireStrongAuthentication(deps, { tenantId, userId, login })
  const { stored, secrets } = await openLink(deps, call)
  const file = await deps.exports?.read(fileName(stored.object ?? '', format))
  if (file === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 60 })
  const { id } = stored
  const body = unseal(secrets.key, file.body, `${id}.${format}`)
  await record(deps, call, id)
  return { body, id }
}

async function openLink(
  deps: DownloadDeps,
  call: DownloadExport,
): Promise<{ readonly stored: StoredExport; readonly secrets: ExportSecrets }> {
  const { tenantId, userId, token } = call
  const now = deps.clock()
  const found = await inTenant(deps.db, { tenantId }, async (tx) => {
    const stored = await exportByToken(tx, { tenantId, tokenHash: hashOf(token) })
    if (stored === undefined) throw new Refusal('not_found')
    if (stored.userId !== userId) return { stored }
    const user = await findUser(tx, tenantId, userId)
    const [userKey] = await run(tx, userKeyOf(tenantId, userId))
    const secrets = user?.status === 'active' ? openSecrets(deps, { userId, userKey }, stored) : undefined
    return { stored, secrets }
  })
  const { stored, secrets } = found
  if (stored.userId !== userId) return refuseForeign(deps, call, stored.id)
  const isOver = stored.endedAt !== null || stored.expiresAt === null || stored.expiresAt <= now
  if (isOver || secrets === undefined || stored.downloads >= mostDownloads) throw new Refusal('export_gone')
  return { stored, secrets }
}

/** Somebody who holds another one’s link: the audit trail has it. */
async function refuseForeign(
  { db, clock }: DownloadDeps,
  { tenantId, userId, origin }: DownloadExport,
  id: Id<'dsr'>,
): Promise<never> {
  const actor = { type: 'user', id: userId } as const
  const target = { type: 'data_request', id }
  const audit = { tenantId, at: clock(), actor, target, outcome: 'refused', origin } as const
  await inTenant(db, { tenantId }, (tx) =>
    run(tx, appendAudit({ ...audit, action: 'dsar.downloaded', reason: 'not_allowed' })),
  )
  throw new Refusal('not_allowed')
}

/** Counted and audited before anything is given. @throws Refusal `export_gone` for who came too late. */
async function record(
  { db, clock }: DownloadDeps,
  { tenantId, userId, format, origin }: DownloadExport,
  id: Id<'dsr'>,
): Promise<void> {
  const at = clock()
  await inTenant(db, { tenantId }, async (tx) => {
    if (!(await countDownload(tx, { tenantId, id, at, most: mostDownloads })))
      throw new Refusal('export_gone')
    const actor = { type: 'user', id: userId } as const
    const target = { type: 'user', id: userId }
    const audit = { tenantId, at, actor, target, outcome: 'success', origin } as const
    await run(tx, appendAudit({ ...audit, action: 'dsar.downloaded', reason: `${id} ${format}` }))
  })
}
