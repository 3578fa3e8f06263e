import type { UserCall } from '@iam/domain/administration'
import type { Id } from '@iam/domain/kit'
import type { Deps } from '../../../deps.ts'
import { administrativeCall, type Exchange } from '../../../http/administrative-call.ts'

/** Who wants something done to the person of the path. */
export async function userCall(
  deps: Deps,
  exchange: Exchange,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
): Promise<UserCall> {
  return { ...(await administrativeCall(deps, exchange, tenantId)), userId: userId as Id<'usr'> }
}
