import { ulidOf, type Id } from '@iam/domain/kit'
import { magicLinkSeconds } from '@iam/domain/magic-link'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setCookie } from './cookies.ts'

// What a browser holds that asked for a link to sign in: its proof that it is the one. Lax, so that it is there when
// the link in the mail is followed.

/** What a browser that asked for a link holds. */
export interface HeldLink {
  /** The request's token, unchecked. */
  readonly request: string
  /** The name of the page that the sign-in leads to; see `nextPages`. */
  readonly next: string | undefined
}

/** Keeps it until the link is too old. */
export function keepLinkCookie(reply: FastifyReply, tenantId: Id<'ten'>, { request, next }: HeldLink): void {
  const value = next === undefined ? request : `${request}.${next}`
  setCookie(reply, nameOf(tenantId), value, { sameSite: 'Lax', maxAge: magicLinkSeconds })
}

export function linkCookie(request: FastifyRequest, tenantId: Id<'ten'>): HeldLink | undefined {
  const value = cookieOf(request, nameOf(tenantId))
  if (value === undefined) return undefined
  const [token = '', next] = value.split('.')
  return { request: token, next }
}

export function clearLinkCookie(reply: FastifyReply, tenantId: Id<'ten'>): void {
  setCookie(reply, nameOf(tenantId), '', { sameSite: 'Lax', maxAge: 0 })
}

function nameOf(tenantId: Id<'ten'>): `__Host-${string}` {
  return `__Host-iam_link_${ulidOf(tenantId)}`
}
