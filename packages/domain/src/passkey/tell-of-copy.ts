import { appendAudit } from '../audit/index.ts'
import { inTenant, run, type Db } from '../db/index.ts'
import type { Clock, RequestOrigin, Id } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { Passkey } from './passkey.ts'
import { noteCopyTold } from './queries.ts'

/** At most so often a person is told that one of their passkeys was copied, in milliseconds. */
const tellEvery = 86_400_000

/**
 * Tells a person by mail that a copy of their passkey was used, once a day for each (WebAuthn 7.2 step 22). That the
 * login was refused is for the caller to record.
 */
export async function tellOfCopy(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  {
    tenantId,
    passkey: { factorId, userId },
    origin,
  }: { readonly tenantId: Id<'ten'>; readonly passkey: Passkey; readonly origin: RequestOrigin },
): Promise<void> {
  const at = deps.clock()
  const copied = { actor: { type: 'user', id: userId }, action: 'passkey.copied' } as const
  const target = { type: 'factor', id: factorId }
  await inTenant(deps.db, { tenantId }, async (tx) => {
    const since = new Date(at.getTime() - tellEvery)
    const [noted] = await run(tx, noteCopyTold({ tenantId, factorId, at, since }))
    if (noted === undefined) return
    await run(tx, appendAudit({ tenantId, at, ...copied, target, outcome: 'refused', origin }))
    await run(tx, queueMail(deps, { tenantId, template: 'passkey_copied', userId, at }))
  })
}
