import { askForExport, recordAsked } from '../data-request/index.ts'
import type { Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { findDirectoryEntry } from '../tenant/index.ts'
import { findUser } from '../user/index.ts'
import { receiveEvent, type Reception } from './receive-event.ts'
import type { ReceivedEvent } from './received-event.ts'

type ExportOnRequest = Parameters<typeof receiveEvent>[0] & { readonly clock: Clock; readonly region: string }

/**
 * A person’s data is to be put together for them (GDPR Articles 15 and 20): the link is mailed to the person, and who
 * asked is told that it is there, no more. Somebody who is not here, or is let in no more, leaves nothing to do.
 * @throws Refusal `tenant_unknown` before the tenant has begun here.
 */
export async function exportOnRequest(
  deps: ExportOnRequest,
  event: ReceivedEvent,
  { userId }: { readonly userId: Id<'usr'> },
): Promise<Reception> {
  const { tenantId, origin, eventId: causationId } = event
  const apply = async (tx: Executor): Promise<void> => {
    const entry = await findDirectoryEntry(tx, tenantId)
    if (entry === undefined) throw new Refusal('tenant_unknown')
    if (entry.region !== deps.region) return
    const user = await findUser(tx, tenantId, userId)
    if (user === undefined || user.status === 'erased' || user.status === 'suspended') return
    const asked = { tenantId, userId, askedBy: 'service', at: deps.clock(), causationId } as const
    const { id, isNew } = await askForExport(tx, asked)
    if (isNew) await recordAsked(tx, { asked, id, actor: { type: 'system' }, origin })
  }
  return receiveEvent(deps, event, { scope: { tenantId }, about: `export of ${userId}`, apply })
}
