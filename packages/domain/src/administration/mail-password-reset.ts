import { run } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { findTenantPolicy } from '../tenant/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, type UserCall } from './administer-user.ts'

/**
 * Has a link to choose a new password mailed to a person: an administrator neither sees nor sets one (ASVS 6.4.6).
 * The old password holds until the link is used.
 * @throws Refusal what `administerUser` refuses, and `wrong_state` for one who is suspended, and where
 *   passwords do not log in.
 */
export async function mailPasswordReset(deps: AdministrationDeps, call: UserCall): Promise<void> {
  const { tenantId, userId } = call
  await administerUser(
    deps,
    call,
    { action: 'password.reset_requested', asksForRecentLogin: true },
    async ({ tx, user, at }) => {
      const policy = await findTenantPolicy(tx, tenantId)
      if (policy?.passwordLogin === false) {
        throw new Refusal('wrong_state', { detail: 'Nobody of the tenant has a password.' })
      }
      if (user.status === 'suspended')
        throw new Refusal('wrong_state', { detail: 'The account is suspended.' })
      await run(tx, queueMail(deps, { tenantId, template: 'reset_password', userId, at }))
      return {}
    },
  )
}
