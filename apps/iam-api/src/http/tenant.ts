import { Refusal, type Id } from '@iam/domain/kit'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { TransportRefusal } from './problem.ts'

/** The tenant a request names with X-Tenant-Id, by id or slug; undefined when it names none. */
export async function namedTenant(
  deps: Pick<Deps, 'tenants'>,
  request: FastifyRequest,
): Promise<Id<'ten'> | undefined> {
  const named = request.headers['x-tenant-id']
  if (named === undefined) return undefined
  if (typeof named !== 'string') throw new TransportRefusal('invalid_request', 'X-Tenant-Id is given twice.')
  return (await deps.tenants.require(named)).tenantId
}

/** The tenant of a request that carries no token. @throws Refusal `tenant_required` when it names none. */
export async function requireTenant(
  deps: Pick<Deps, 'tenants'>,
  request: FastifyRequest,
): Promise<Id<'ten'>> {
  const tenantId = await namedTenant(deps, request)
  if (tenantId === undefined) throw new Refusal('tenant_required')
  return tenantId
}
