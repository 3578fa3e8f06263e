import { forgetPerson } from '../administration/index.ts'
import { appendAudit } from '../audit/index.ts'
import { receiptOf, tellOfErasure } from '../data-request/index.ts'
import { run, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { endSessionsOf, scopeOfSessions } from '../session/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { findUser } from '../user/index.ts'
import { receiveEvent, type Reception } from './receive-event.ts'
import type { ReceivedEvent } from './received-event.ts'

type EraseOnRequest = Parameters<typeof receiveEvent>[0] & {
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly region: string
}

/**
 * A person is to be forgotten (GDPR Article 17), as when an administrator erases them; the last owner too, because the
 * law asks no successor. Who asks again for somebody who is forgotten gets the same receipt; somebody who was never here
 * leaves nothing to do.
 * @throws Refusal `tenant_unknown` before the tenant has begun here.
 */
export async function eraseOnRequest(
  deps: EraseOnRequest,
  event: ReceivedEvent,
  { userId }: { readonly userId: Id<'usr'> },
): Promise<Reception> {
  const { tenantId, origin, eventId: causationId } = event
  const at = deps.clock()
  const apply = async (tx: Executor): Promise<void> => {
    const entry = await findDirectoryEntry(tx, tenantId)
    if (entry === undefined) throw new Refusal('tenant_unknown')
    if (entry.region !== deps.region) return
    const user = await findUser(tx, tenantId, userId)
    if (user === undefined) return
    const actor = { type: 'system' } as const
    const common = { tenantId, at, origin }
    if (user.status === 'erased') return tellAgain(tx, { ...common, userId, causationId })
    await endSessionsOf(tx, { ...common, userId, actor, reason: 'user_erased' })
    await forgetPerson(deps, tx, { user, at, asked: { askedBy: 'service', actor, origin, causationId } })
    const target = { type: 'user', id: userId }
    await run(tx, appendAudit({ ...common, actor, action: 'user.erased', target, outcome: 'success' }))
    const erased = { type: 'user.erased', payload: { userId, actor } } as const
    await run(tx, appendEvent({ ...common, aggregateId: userId, event: erased, causationId }))
  }
  const scope = scopeOfSessions({ tenantId, userId, at })
  return receiveEvent(deps, event, { scope, about: `erasure of ${userId}`, apply })
}

/** What was done the first time, for whoever asks now. */
async function tellAgain(
  tx: Executor,
  {
    tenantId,
    userId,
    ...asked
  }: Omit<Parameters<typeof tellOfErasure>[1], 'id' | 'person'> & {
    readonly tenantId: Id<'ten'>
    readonly userId: Id<'usr'>
  },
): Promise<void> {
  const person = { tenantId, userId }
  const receipt = await receiptOf(tx, person)
  if (receipt !== undefined) await tellOfErasure(tx, { ...asked, person, id: receipt.id })
}
