import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { goTo } from './answer.ts'
import { openVisit, type SignedInVisit } from './visit.ts'

/** A handler for those who are signed in; others are led to the sign-in. */
export function signedIn(deps: Deps, answer: (visit: SignedInVisit) => Promise<FastifyReply>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const visit = await openVisit(deps, request, reply)
    const { session } = visit
    return session === undefined
      ? goTo(visit, 'sign-in', { notice: 'sign_in_first' })
      : answer({ ...visit, session })
  }
}
