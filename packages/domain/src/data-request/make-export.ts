import { randomBytes } from 'node:crypto'
import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { seal } from '../secret-key/index.ts'
import { findUser, userKeyOf, type User } from '../user/index.ts'
import { exportDays, exportFormats, fileName, type ExportFormat, type StoredExport } from './data-request.ts'
import type { DataRequestDeps, ExportStore } from './deps.ts'
import { gatherExport, type ExportDocument } from './gather-export.ts'
import { openSecrets, sealNewSecrets, type ExportSecrets } from './export-secrets.ts'
import { completeExport, endExportsOf, keepSecrets, lockRequest, takeExport } from './queries.ts'

export interface MakeExportDeps extends DataRequestDeps {
  readonly exports: ExportStore
  /** The document as something to read. */
  readonly renderPdf: (document: ExportDocument) => Promise<Buffer>
}

type Named = { readonly tenantId: Id<'ten'>; readonly id: Id<'dsr'> }

/** Milliseconds for which whoever makes an export is left alone with it; longer than its job may take. */
const taken = 10 * 60_000

const contentTypes = { json: 'application/octet-stream', pdf: 'application/octet-stream' } as const

/**
 * Makes an export that was asked for: gathers, writes both files, encrypted, and then, in one transaction, says so and
 * has the person mailed. Cut off anywhere and run again, it writes the same files, and one mail goes out.
 * @returns false when there is nothing to be made any more.
 */
export async function makeExport(deps: MakeExportDeps, named: Named): Promise<boolean> {
  const begun = await begin(deps, named)
  if (begun === undefined) return false
  const { object, user, secrets } = begun
  const document = await gatherExport(deps, { ...begun, request: named.id })
  await writeFiles(deps, { ...named, object, key: secrets.key, document })
  if (await finish(deps, { ...named, user, causationId: begun.causationId })) return true
  for (const format of exportFormats) await deps.exports.delete(fileName(object, format))
  return false
}

interface Begun {
  readonly object: string
  readonly user: User
  readonly secrets: ExportSecrets
  readonly askedAt: Date
  readonly causationId: string | null
}

/** Takes the request, and keeps what its files are under before there are any. */
async function begin(deps: MakeExportDeps, named: Named): Promise<Begun | undefined> {
  const { tenantId, id } = named
  const at = deps.clock()
  return inTenant(deps.db, { tenantId }, async (tx) => {
    const request = await lockRequest(tx, named)
    if (request === undefined || request.completedAt !== null || request.endedAt !== null) return undefined
    const { userId, askedAt, causationId } = request
    const user = await findUser(tx, tenantId, userId)
    const [userKey] = await run(tx, userKeyOf(tenantId, userId))
    if (user === undefined || userKey === undefined || user.status === 'erased') {
      await endExportsOf(tx, { tenantId, userId, at })
      return undefined
    }
    await takeExport(tx, { ...named, until: new Date(at.getTime() + taken) })
    const kept = request.object === null || request.sealed === null ? undefined : request
    const { object, sealed } = kept ?? { object: randomBytes(20).toString('hex'), sealed: null }
    const fresh = sealed === null ? sealNewSecrets(deps, { userId, userKey }, id) : undefined
    if (fresh !== undefined) await keepSecrets(tx, { ...named, object: String(object), ...fresh })
    const secrets = openSecrets(deps, { userId, userKey }, { id, sealed: fresh?.sealed ?? sealed })
    if (secrets === undefined) throw new Error('The secrets of an export do not open.')
    return { object: String(object), user, secrets, askedAt, causationId }
  })
}

async function writeFiles(
  deps: MakeExportDeps,
  {
    object,
    id,
    key,
    document,
  }: Named & {
    readonly object: string
    readonly key: ExportSecrets['key']
    readonly document: ExportDocument
  },
): Promise<void> {
  const files: Readonly<Record<ExportFormat, Buffer>> = {
    json: Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`),
    pdf: await deps.renderPdf(document),
  }
  for (const format of exportFormats) {
    const body = seal(key, files[format], `${id}.${format}`)
    const options = { contentType: contentTypes[format], cacheControl: 'private, no-store' }
    await deps.exports.write(fileName(object, format), body, options)
  }
}

/** @returns false when the person was erased or suspended meanwhile, or somebody else was quicker. */
async function finish(
  deps: MakeExportDeps,
  { tenantId, id, user, causationId }: Named & { readonly user: User } & Pick<StoredExport, 'causationId'>,
): Promise<boolean> {
  const at = deps.clock()
  const expiresAt = new Date(at.getTime() + exportDays * 86_400_000)
  const { id: userId } = user
  return inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    if (!(await completeExport(tx, { tenantId, id, at, expiresAt }))) return false
    const params = { request: id }
    await run(tx, queueMail(deps, { tenantId, template: 'data_export', userId, params, at }))
    const target = { type: 'user', id: userId }
    const done = { actor: { type: 'system' }, action: 'dsar.completed', outcome: 'success' } as const
    await run(tx, appendAudit({ tenantId, at, ...done, target, reason: id }))
    const event = { type: 'dsar.completed', payload: { requestId: id, userId, kind: 'export' } } as const
    const caused = causationId === null ? {} : { causationId }
    await run(tx, appendEvent({ tenantId, at, aggregateId: userId, event, ...caused }))
    return true
  })
}
