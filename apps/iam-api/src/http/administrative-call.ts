import { createHash } from 'node:crypto'
import type { AdministrativeCall } from '@iam/domain/administration'
import type { Id } from '@iam/domain/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { authenticate } from './authenticate.ts'
import { limit } from './limit.ts'
import { originOf } from './request-context.ts'

/** A request with its answer. */
export interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Who wants something done in the tenant of the path, and how they had proved who they are when their token was issued:
 * one from before a step-up is worth no more for it. Whether they may is decided by the verb, in its transaction.
 * @throws Refusal what `authenticate` refuses, and `rate_limited`.
 */
export async function administrativeCall(
  deps: Deps,
  { request, reply }: Exchange,
  tenantId?: string,
): Promise<AdministrativeCall> {
  const { token } = await authenticate(deps, request)
  const { tenantId: home, userId, amr, authTime } = token
  await limit(deps, { request, reply, tenantId: home, userId }, 'administration')
  return {
    by: { tenantId: home, userId, amr, authTime },
    tenantId: (tenantId ?? home) as Id<'ten'>,
    origin: originOf(request),
    idempotency: idempotencyOf(request),
  }
}

/** The Idempotency-Key of a write, with everything else of the request that decides what is done. */
function idempotencyOf(request: FastifyRequest): AdministrativeCall['idempotency'] {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || request.method === 'GET' || request.method === 'HEAD') return undefined
  const { method, url, body, headers } = request
  const asked = JSON.stringify([method, url, headers['if-match'] ?? null, body ?? null])
  const route = `${method} ${request.routeOptions.url ?? ''}`
  return { key, route, requestHash: createHash('sha256').update(asked).digest() }
}
