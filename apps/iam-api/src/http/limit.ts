import type { Id } from '@iam/domain/kit'
import { countRequest, limits, type LimitName } from '@iam/domain/limit'
import { normaliseEmail } from '@iam/domain/user'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { tellStandings } from './limit-headers.ts'
import { countedNetworkOf } from './network.ts'
import { originOf } from './request-context.ts'

export interface LimitedRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly tenantId: Id<'ten'>
  /** The address that the request names, as it was typed: for limits by address. */
  readonly email?: string
  /** Who asks: for limits by user. */
  readonly userId?: string
}

/**
 * Counts a request against the named limits, in their order; the answer's headers tell where the caller stands.
 * A route calls it before its verb.
 * @throws Refusal `rate_limited`.
 */
export async function limit(deps: Deps, limited: LimitedRequest, ...names: LimitName[]): Promise<void> {
  const { request, reply, tenantId } = limited
  const counts = names.map((name) => ({ limit: name, value: countedBy(limited, name) }))
  tellStandings(reply, await countRequest(deps, { tenantId, origin: originOf(request), counts }))
}

function countedBy({ request, email, userId }: LimitedRequest, name: LimitName): string {
  const { by } = limits[name]
  const values = { network: networkOfCaller(request), address: email && normaliseEmail(email), user: userId }
  const value = by === 'device' || by === 'family' ? undefined : values[by]
  if (value === undefined) throw new Error(`A request is to be limited by ${name} and has no ${by}.`)
  return value
}

/** The address is the one that trusted proxies say; what nobody can read as one counts as one caller. */
export function networkOfCaller(request: FastifyRequest): string {
  return countedNetworkOf(request.ip)
}
