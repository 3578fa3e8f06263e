import type { UserCall } from '@iam/domain/administration'
import type { Id } from '@iam/domain/kit'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../../../deps.ts'
import { administrativeCall } from '../../../http/administrative-call.ts'

/** Who wants something done to the person of the path. */
export async function userCall(
  deps: Deps,
  request: FastifyRequest,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
): Promise<UserCall> {
  return { ...(await administrativeCall(deps, request, tenantId)), userId: userId as Id<'usr'> }
}
