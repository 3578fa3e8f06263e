import { Refusal, type Id } from '@iam/domain/kit'
import { claimedTenant } from '@iam/domain/opaque-token'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { namedTenant } from './tenant.ts'

/**
 * The tenant of a challenge, which its token names; a header may name it besides.
 * @throws Refusal `challenge_invalid` for a text that is no challenge's token, `tenant_mismatch`, and what the directory
 *   refuses.
 */
export async function tenantOfChallenge(
  deps: Pick<Deps, 'tenants'>,
  request: FastifyRequest,
  challenge: string,
): Promise<Id<'ten'>> {
  const claimed = claimedTenant('challenge', challenge)
  const named = await namedTenant(deps, request)
  if (claimed === undefined) throw new Refusal('challenge_invalid')
  if (named !== undefined && named !== claimed) throw new Refusal('tenant_mismatch')
  await deps.tenants.require(claimed)
  return claimed
}
