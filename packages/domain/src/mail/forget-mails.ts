import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { openAddress } from './open-address.ts'
import { deleteMails, waitingByAddress } from './queries.ts'

export interface ForgetMails {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** Normalised. */
  readonly email: string
}

/**
 * Deletes every mail that is about a person, and those that wait to be sent to their address for whoever has it:
 * addresses are sealed, so each that waits is opened and compared.
 */
export async function forgetMails(
  deps: { readonly secrets: SecretRings },
  tx: Executor,
  { tenantId, userId, email }: ForgetMails,
): Promise<void> {
  const waiting = await waitingByAddress(tx, tenantId)
  const theirs = waiting.filter((mail) => openAddress(deps, mail) === email)
  await deleteMails(tx, { tenantId, userId, ids: theirs.map(({ id }) => id) })
}
