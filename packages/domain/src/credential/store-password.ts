import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { NewPassword } from './passwords.ts'
import { keepEarlier, putCredential, trimEarlier } from './queries.ts'

export interface StorePassword {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** As `prepareNewPassword` made it. */
  readonly password: NewPassword
  readonly policy: { readonly passwordHistory: number }
}

/**
 * Replaces a person's password: the one before goes to the earlier ones, of which as many are kept as the policy
 * compares with. Runs in the transaction that changes the password, under the person's stream.
 */
export async function storePassword(tx: Executor, input: StorePassword, now: Date): Promise<void> {
  await keepEarlier(tx, input, now)
  await putCredential(tx, input, now)
  await trimEarlier(tx, { ...input, keep: Math.max(0, input.policy.passwordHistory - 1) })
}
