import { ulidOf, type Id } from '@iam/domain/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setCookie } from './cookies.ts'

/** What the browser keeps of trust in its people at a tenant. */
export function trustedCookie(request: FastifyRequest, tenantId: Id<'ten'>): string | undefined {
  return cookieOf(request, nameOf(tenantId))
}

/** Lets the browser keep that its person trusts it, if they do. */
export function setTrustedCookie(
  reply: FastifyReply,
  tenantId: Id<'ten'>,
  trusted: { readonly value: string; readonly maxAge: number } | undefined,
): void {
  if (trusted === undefined) return
  const { value, maxAge } = trusted
  setCookie(reply, nameOf(tenantId), value, { sameSite: 'Strict', maxAge })
}

function nameOf(tenantId: Id<'ten'>): `__Host-${string}` {
  return `__Host-iam_trusted_${ulidOf(tenantId)}`
}
