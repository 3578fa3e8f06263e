import { inTenant, type Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import { advancePosition, claimEvent } from './queries.ts'
import type { Effect, ReceivedEvent } from './received-event.ts'

/** What became of an event: it had its effect now, or had it before, or something later had come first. */
export type Reception = 'applied' | 'repeated' | 'superseded'

/**
 * Gives an event of another service its effect, once: that it was received, the effect, audit and what we tell of it
 * are one transaction. Cut off anywhere, the event is brought again.
 * @throws Refusal what the effect refuses; then nothing has changed, and the event was not received.
 */
export async function receiveEvent(
  { db, clock }: { readonly db: Pick<Db, 'kysely' | 'eventsCommitted'>; readonly clock: Clock },
  event: ReceivedEvent,
  { scope, about, apply }: Effect,
): Promise<Reception> {
  return inTenant(db, scope, async (tx) => {
    if (!(await claimEvent(tx, event, clock()))) return 'repeated'
    if (!(await advancePosition(tx, event, about))) return 'superseded'
    await apply(tx)
    return 'applied'
  })
}
