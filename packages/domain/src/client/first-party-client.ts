import { withPrefix, type Id } from '../kit/index.ts'

/** The client that REST logins are granted to: built into every tenant, with the tenant's own ULID. */
export function firstPartyClientId(tenantId: Id<'ten'>): Id<'cli'> {
  return withPrefix('cli', tenantId)
}
