import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import type { AskedBy } from './data-request.ts'
import { insertExport, waitingExport } from './queries.ts'

export interface AskForExport {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly askedBy: AskedBy
  readonly at: Date
  readonly causationId?: string | undefined
}

/**
 * Has an export made, in the transaction of whoever asks. Who asks again before it is made gets the same.
 * @returns its id, and whether it is a new one.
 */
export async function askForExport(
  tx: Executor,
  asked: AskForExport,
): Promise<{ readonly id: Id<'dsr'>; readonly isNew: boolean }> {
  const added = await insertExport(tx, asked)
  const id = added ?? (await waitingExport(tx, asked))
  if (id === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  return { id, isNew: added !== undefined }
}

/** Audits what was asked for, where no administrator’s act does. */
export async function recordAsked(
  tx: Executor,
  {
    asked: { tenantId, userId, at },
    id,
    actor,
    origin,
  }: {
    readonly asked: AskForExport
    readonly id: Id<'dsr'>
    readonly actor: { readonly type: 'user' | 'system'; readonly id?: string }
    readonly origin: Pick<RequestOrigin, 'requestId'>
  },
): Promise<void> {
  const target = { type: 'user', id: userId }
  const audit = { tenantId, at, actor, target, outcome: 'success', reason: id, origin } as const
  await run(tx, appendAudit({ ...audit, action: 'dsar.requested' }))
}
