import { challengeKinds } from '@iam/domain/challenge'
import { ulidOf, type Id } from '@iam/domain/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setCookie } from './cookies.ts'

// What a browser holds between the two steps of a sign-in: the token of its challenge, which its forms' key is bound
// to, so that it is worth nothing in another browser.

export function challengeCookie(request: FastifyRequest, tenantId: Id<'ten'>): string | undefined {
  return cookieOf(request, nameOf(tenantId))
}

export function setChallengeCookie(reply: FastifyReply, tenantId: Id<'ten'>, token: string): void {
  setCookie(reply, nameOf(tenantId), token, { sameSite: 'Lax', maxAge: challengeKinds.second_factor })
}

export function clearChallengeCookie(reply: FastifyReply, tenantId: Id<'ten'>): void {
  setCookie(reply, nameOf(tenantId), '', { sameSite: 'Lax', maxAge: 0 })
}

function nameOf(tenantId: Id<'ten'>): `__Host-${string}` {
  return `__Host-iam_challenge_${ulidOf(tenantId)}`
}
