import { askForExport } from '../data-request/index.ts'
import { Refusal } from '../kit/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { requireActableUser, type UserCall } from './administer-user.ts'

/**
 * Has everything that is known of a person put together for them. The link goes to the person alone, and opens nothing
 * for whoever asked. Asking again before it is made asks for the same one.
 * @throws Refusal `not_found`, `wrong_state` for somebody who is suspended, and what `administer` refuses.
 */
export async function exportUser(deps: AdministrationDeps, call: UserCall): Promise<{ readonly id: string }> {
  const { tenantId, userId } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'dsar.requested', target, role: 'tenant.admin', asksForRecentLogin: true } as const
  return administer(deps, call, act, async (acting) => {
    const { tx, administrator, at } = acting
    const { user } = await requireActableUser(acting, call)
    if (user.status === 'suspended')
      throw new Refusal('wrong_state', { detail: 'Nobody who is suspended can fetch an export.' })
    const askedBy = administrator.type === 'operator' ? 'operator' : 'administrator'
    const { id, isNew } = await askForExport(tx, { tenantId, userId, askedBy, at })
    return { answer: { id }, subjectId: userId, changed: isNew, remark: id }
  })
}
