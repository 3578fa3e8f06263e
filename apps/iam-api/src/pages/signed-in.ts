import { Refusal } from '@iam/domain/kit'
import { requireSteppedUp, requireStrongAuthentication } from '@iam/domain/session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { goTo } from './answer.ts'
import { signInBefore } from './next-page.ts'
import { openVisit, type SignedInVisit } from './visit.ts'

type Answer = (visit: SignedInVisit) => Promise<FastifyReply>
type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** A handler for those who are signed in; others are led to the sign-in, and from there to the page they wanted. */
export function signedIn(deps: Deps, answer: Answer): Handler {
  return async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { session } = visit
    if (session === undefined) return goTo(visit, signInBefore(request), { notice: 'sign_in_first' })
    return answer({ ...visit, session }).catch((error: unknown) => {
      if (!(error instanceof Refusal) || error.code !== 'reauthentication_required') throw error
      return goTo(visit, signInBefore(request))
    })
  }
}

/**
 * The same, for a page that changes what the account hangs on and does not ask for the password itself: whoever
 * signed in more than five minutes ago, or without the second factor that they have, signs in again first, and comes back. Its path is one of `nextPages`, marked
 * `recent`, or below one.
 */
export function recentlySignedIn(deps: Deps, answer: Answer): Handler {
  return signedIn(deps, async (visit) => {
    const { tenantId, session } = visit
    await requireStrongAuthentication(deps, { tenantId, userId: session.userId, login: session })
    return answer(visit)
  })
}

/**
 * The same, for a page that changes what the account hangs on and asks for the password itself: whoever signed in before
 * a theft signs in again first, and comes back. Its path is one of `nextPages`, marked `proved`.
 */
export function signedInSince(deps: Deps, answer: Answer): Handler {
  return signedIn(deps, async (visit) => {
    const { tenantId, session } = visit
    await requireSteppedUp(deps, { tenantId, userId: session.userId, login: session })
    return answer(visit)
  })
}
