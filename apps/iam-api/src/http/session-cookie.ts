import { Refusal, ulidOf, type Id } from '@iam/domain/kit'
import { checkBrowserSession, type BrowserSession, type RenewedCookie } from '@iam/domain/session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { cookieOf, setCookie } from './cookies.ts'

// The session of a browser that uses the hosted pages: one cookie for each tenant, `__Host-iam_<tenant's ULID>`.
//
//   sign in    requireForm(…); lane = await loginLane(deps, { request, reply, tenantId, email })
//              previous = sessionCookie(request, tenantId)
//              opened = await inLoginLane(deps, lane, () =>
//                logInBrowserWithPassword(deps, {
//                  tenantId, email, password, previous, isKnownDevice: lane.by === 'device', origin }))
//              setSessionCookie(reply, tenantId, opened); clearFormCookie(reply, tenantId)
//   any page   session = await browserSession(deps, request, tenantId)      undefined: nobody is signed in
//   sign out   await endBrowserSession(deps, { tenantId, token, origin }); clearSessionCookie(reply, tenantId)

/** The token of a browser's session at a tenant, unchecked; undefined when its cookie is missing, or there twice. */
export function sessionCookie(request: FastifyRequest, tenantId: Id<'ten'>): string | undefined {
  return cookieOf(request, nameOf(tenantId))
}

/**
 * The session of the browser that asks. One wait on the database, where there is a cookie of ours.
 * @returns undefined when nobody is signed in there, or not any more.
 */
export async function browserSession(
  deps: Deps,
  request: FastifyRequest,
  tenantId: Id<'ten'>,
): Promise<BrowserSession | undefined> {
  const token = sessionCookie(request, tenantId)
  if (token === undefined) return undefined
  return checkBrowserSession(deps, { tenantId, token }).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'session_ended') return undefined
    throw error
  })
}

/** Hands the browser the session that it has just opened, or raised. Lax: a link in a mail leads to a page that knows it. */
export function setSessionCookie(
  reply: FastifyReply,
  tenantId: Id<'ten'>,
  { token, maxAge }: RenewedCookie,
): void {
  setCookie(reply, nameOf(tenantId), token, { sameSite: 'Lax', maxAge })
}

export function clearSessionCookie(reply: FastifyReply, tenantId: Id<'ten'>): void {
  setCookie(reply, nameOf(tenantId), '', { sameSite: 'Lax', maxAge: 0 })
}

function nameOf(tenantId: Id<'ten'>): `__Host-${string}` {
  return `__Host-iam_${ulidOf(tenantId)}`
}
