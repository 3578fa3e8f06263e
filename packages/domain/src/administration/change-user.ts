import { setUserLocale } from '../user/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

export type ChangeUser = UserCall & { readonly locale?: string | undefined }

/** Changes what administrators may change of an account. The address is changed by its owner alone. */
export async function changeUser(deps: AdministrationDeps, call: ChangeUser): Promise<UserView> {
  const { tenantId, userId, locale } = call
  return administerUser(deps, call, { action: 'user.changed' }, async ({ tx, user, at }) => {
    if (locale === undefined || locale === user.locale) return { changed: false }
    await setUserLocale(tx, { tenantId, userId, at }, locale)
    return {}
  })
}
