import { inOneFlight } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { tenantNameOf, tenantSlugOf, type TenantPolicy } from '../tenant/index.ts'
import { hashPassword } from './hash-password.ts'
import type { NewPassword, PasswordDeps } from './passwords.ts'
import { credentialOf, earlierPasswords } from './queries.ts'
import { requireAcceptable, wordsOfAddress } from './require-acceptable.ts'
import { requireNotBreached } from './require-not-breached.ts'
import { requireNotReused } from './require-not-reused.ts'

export interface PrepareNewPassword {
  readonly tenantId: Id<'ten'>
  /** Whose password it will be, when that is somebody who is known to be asking: it is compared with theirs. */
  readonly userId?: Id<'usr'>
  /** Normalised. */
  readonly email: string
  readonly password: string
  readonly policy: Pick<TenantPolicy, 'passwordMinLength' | 'passwordHistory' | 'breachCheck'>
}

/**
 * The one way to a new password: judges it by everything the tenant's policy asks, and hashes it. Nothing is
 * stored yet (`storePassword`, `createUser`). Without `userId` the work does not depend on who is registered.
 * @throws Refusal `password_unacceptable` with a reason, `login_busy`, `temporarily_unavailable`.
 */
export async function prepareNewPassword(
  deps: PasswordDeps,
  input: PrepareNewPassword,
): Promise<NewPassword> {
  const { tenantId, password, policy } = input
  const { names, hashes } = await lookUp(deps, input)
  await requireAcceptable(password, {
    common: deps.passwords.common,
    context: [...names, ...wordsOfAddress(input.email), ...deps.passwords.serviceWords],
    least: policy.passwordMinLength,
  })
  const isChecked = await requireNotBreached(deps.passwords, { tenantId, password, policy })
  await requireNotReused(deps, { tenantId, password, hashes, policy })
  const breachCheckedAt = isChecked ? deps.clock() : undefined
  return { ...(await hashPassword(deps, { tenantId, password })), breachCheckedAt }
}

/** What the tenant is called, and the passwords that the person may not choose again: one flight. */
async function lookUp({ db }: PasswordDeps, { tenantId, userId, policy }: PrepareNewPassword) {
  const most = policy.passwordHistory
  const nobody = [] as readonly []
  const ofPerson =
    userId === undefined || most === 0
      ? nobody
      : ([credentialOf(tenantId, userId), earlierPasswords({ tenantId, userId }, most - 1)] as const)
  const [[tenant], [directory], present = [], earlier = []] = await inOneFlight(db, { tenantId }, [
    tenantNameOf(tenantId),
    tenantSlugOf(tenantId),
    ...ofPerson,
  ])
  const names = [tenant?.name, directory?.slug].filter((name) => name !== undefined)
  return { names, hashes: [...present, ...earlier] }
}
