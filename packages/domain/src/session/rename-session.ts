import { appendAudit } from '../audit/index.ts'
import { inTenant, run, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { userKeyOf } from '../user/index.ts'
import { setSessionName } from './live-queries.ts'
import { sealedName } from './session-facts.ts'

export interface RenameSession {
  readonly tenantId: Id<'ten'>
  /** Whose session it is to be. */
  readonly userId: Id<'usr'>
  readonly sessionId: string
  /** What the person calls it from now on; null for nothing. */
  readonly name: string | null
  readonly origin: RequestOrigin
}

/**
 * Gives one of a person's sessions a name to recognise it by. The name is kept sealed.
 * @throws Refusal `not_found`, with nothing changed, when they have no such session that stands.
 */
export async function renameSession(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, userId, sessionId, name, origin }: RenameSession,
): Promise<void> {
  const at = deps.clock()
  await inTenant(deps.db, { tenantId }, async (tx) => {
    const [userKey] = await run(tx, userKeyOf(tenantId, userId))
    const sealed =
      name === null || userKey === undefined ? null : sealedName(deps, { userId, userKey, sessionId }, name)
    if (!(await setSessionName(tx, { tenantId, userId, sessionId, name: sealed, now: at })))
      throw new Refusal('not_found')
    const renamed = appendAudit({
      tenantId,
      at,
      actor: { type: 'user', id: userId },
      action: 'session.renamed',
      target: { type: 'session', id: sessionId },
      outcome: 'success',
      origin,
    })
    await run(tx, renamed)
  })
}
