import { verifyAccessToken, type VerifiedToken } from '@iam/domain/access-token'
import { Refusal } from '@iam/domain/kit'
import { checkSession, type CheckedSession } from '@iam/domain/session'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { namedTenant } from './tenant.ts'

const bearer = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i

/**
 * The verified token of a request (RFC 6750 2.1), of an active tenant, which no header contradicts. Its session
 * may have ended: see `authenticate`.
 * @throws Refusal `invalid_token`, `tenant_mismatch` and what the directory refuses.
 */
export async function verifiedToken(deps: Deps, request: FastifyRequest): Promise<VerifiedToken> {
  const token = bearer.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) throw new Refusal('invalid_token')
  const verified = verifyAccessToken(deps, token)
  const named = await namedTenant(deps, request)
  if (named !== undefined && named !== verified.tenantId) throw new Refusal('tenant_mismatch')
  await deps.tenants.require(verified.tenantId)
  return verified
}

/**
 * Who calls: a verified token whose session stands, and is its subject's. The last is so of every token that we made:
 * who signs with a stolen key must not put others' names beside a session of their own.
 * @throws Refusal `session_ended` besides.
 */
export async function authenticate(
  deps: Deps,
  request: FastifyRequest,
): Promise<{ readonly token: VerifiedToken; readonly session: CheckedSession }> {
  const token = await verifiedToken(deps, request)
  const session = await checkSession(deps, token)
  if (session.userId !== token.userId) throw new Refusal('invalid_token')
  return { token, session }
}
