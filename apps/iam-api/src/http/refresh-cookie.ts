import { ulidOf, type Id } from '@iam/domain/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { setCookie } from './cookies.ts'
import { TransportRefusal } from './problem.ts'

const prefix = '__Host-iam_refresh_'

/**
 * Whether a browser's page calls, which must be one of our own. Its refresh token then travels only in a cookie
 * that no script reads.
 * @throws TransportRefusal `origin_not_allowed` for a page of another origin.
 */
export function isBrowser(deps: Pick<Deps, 'issuer'>, request: FastifyRequest): boolean {
  const { origin } = request.headers
  if (origin === undefined) return false
  if (origin !== new URL(deps.issuer).origin) throw new TransportRefusal('origin_not_allowed')
  return true
}

/** Hands the browser its refresh token. @param maxAge seconds. */
export function setRefreshCookie(
  reply: FastifyReply,
  tenantId: Id<'ten'>,
  { refreshToken, maxAge }: { refreshToken: string; maxAge: number },
): void {
  setCookie(reply, `${prefix}${ulidOf(tenantId)}`, refreshToken, { sameSite: 'Strict', maxAge })
}

export function clearRefreshCookie(reply: FastifyReply, tenantId: Id<'ten'>): void {
  setCookie(reply, `${prefix}${ulidOf(tenantId)}`, '', { sameSite: 'Strict', maxAge: 0 })
}

/**
 * The refresh token in the browser's cookie: of the named tenant, or of the only one there is.
 * @returns undefined when there is none, or more than one and none is named.
 */
export function refreshCookie(request: FastifyRequest, tenantId: Id<'ten'> | undefined): string | undefined {
  const wanted = tenantId === undefined ? prefix : `${prefix}${ulidOf(tenantId)}=`
  const found = (request.headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(wanted))
  return found.length === 1 ? found[0]?.slice(found[0].indexOf('=') + 1) : undefined
}
