import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { findTenantOfRelyingParty, readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import { relyingPartyOf } from './relying-party.ts'

/**
 * The origins that a host's passkeys may be used at besides its own (WebAuthn 5.11.1), as the one tenant has decided
 * whose relying party the host is. The issuer's own host, which passkeys of all other tenants are made for, has no
 * such list, whatever a tenant's policy says: a tenant's pages must not ask for the passkeys of another's people.
 * @param host as a browser says it, with a port or without.
 * @throws Refusal `not_found` for any other host.
 */
export async function relatedOriginsAt(
  deps: { readonly db: Db; readonly issuer: string },
  host: string,
): Promise<readonly string[]> {
  const rpId = host.replace(/:\d+$/, '').toLowerCase()
  const isEverybodys = rpId === new URL(deps.issuer).hostname
  const tenantId = isEverybodys ? undefined : await findTenantOfRelyingParty(deps.db.kysely, rpId)
  if (tenantId === undefined) throw new Refusal('not_found')
  const [[tenant]] = await inOneFlight(deps.db, { tenantId }, [tenantPolicyOf(tenantId)])
  return relyingPartyOf(deps, readTenantPolicy(tenant?.policy)).origins
}
