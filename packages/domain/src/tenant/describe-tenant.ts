import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { tenantNameOf, tenantPolicyOf } from './queries.ts'
import { readTenantPolicy, type TenantPolicy } from './tenant-policy.ts'

/** What strangers may know of a tenant: its pages say it. */
export type TenantDescription = Pick<
  TenantPolicy,
  'selfRegistration' | 'passwordLogin' | 'passwordMinLength' | 'magicLinks' | 'trustedDeviceDays'
> & {
  readonly name: string
  /** Whether anybody may be asked for a second factor. */
  readonly secondFactors: boolean
}

/** What a tenant is called, and its rules for those who come to its pages. @throws Refusal `tenant_unknown`. */
export async function describeTenant(
  { db }: { readonly db: Db },
  tenantId: Id<'ten'>,
): Promise<TenantDescription> {
  const [[named], [stored]] = await inOneFlight(db, { tenantId }, [
    tenantNameOf(tenantId),
    tenantPolicyOf(tenantId),
  ])
  if (named === undefined) throw new Refusal('tenant_unknown')
  const { selfRegistration, passwordLogin, passwordMinLength, magicLinks, trustedDeviceDays, mfa } =
    readTenantPolicy(stored?.policy)
  return {
    name: named.name,
    secondFactors: mfa !== 'off',
    selfRegistration: selfRegistration && passwordLogin,
    passwordLogin,
    passwordMinLength,
    magicLinks,
    trustedDeviceDays,
  }
}
