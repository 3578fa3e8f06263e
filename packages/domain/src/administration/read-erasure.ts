import { receiptOf, type ErasureReceipt } from '../data-request/index.ts'
import { Refusal } from '../kit/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import type { UserCall } from './administer-user.ts'

/**
 * What was done to forget a person: the same for whoever asks, however often.
 * @throws Refusal `not_found` for who was not erased, and what `administer` refuses.
 */
export async function readErasure(deps: AdministrationDeps, call: UserCall): Promise<ErasureReceipt> {
  const { tenantId, userId } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'dsar.receipt_read', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    const receipt = await receiptOf(tx, { tenantId, userId })
    if (receipt === undefined) throw new Refusal('not_found')
    return { answer: receipt }
  })
}
