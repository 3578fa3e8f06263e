import { Refusal } from '@iam/domain/kit'
import type { OpenedBrowserSession } from '@iam/domain/session'
import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { challengeCookie, clearChallengeCookie, setChallengeCookie } from '../http/challenge-cookie.ts'
import { bindingOf, clearFormCookie, hasFormCookie } from '../http/form-token.ts'
import { keepKnownDevice } from '../http/login-lane.ts'
import { setSessionCookie } from '../http/session-cookie.ts'
import { goTo } from './answer.ts'
import { nextNameIn, nextPageOf } from './next-page.ts'
import type { Visit } from './visit.ts'

// What the steps of a sign-in have in common, whatever the first one was:
//
//   opened = await logIn…(deps, { …, binding: bindingOf(deps, request, visit) })     in `submit`'s act
//   .catch((error) => toNextStep(visit, error))                             where more is asked for
//   finishSignIn(deps, visit, opened)

/**
 * The challenge that a visit's browser holds.
 * @throws Refusal `challenge_invalid` when it holds none, or not the cookie that it is bound to.
 */
export function challengeOf(deps: Deps, visit: Visit): { challenge: string; binding: Buffer } {
  const challenge = challengeCookie(visit.request, visit.tenantId)
  if (challenge === undefined || !hasFormCookie(visit.request, visit)) throw new Refusal('challenge_invalid')
  return { challenge, binding: bindingOf(deps, visit.request, visit) }
}

/**
 * Leads on to the step that a sign-in asks for.
 * @param next the name of the page that it leads to in the end, where the request does not carry it.
 * @throws what was thrown, when that is nothing of the kind.
 */
export function toNextStep(visit: Visit, error: unknown, next = nextNameIn(visit.request)): FastifyReply {
  const page = error instanceof Refusal ? steps[error.code] : undefined
  if (page === undefined || !(error instanceof Refusal) || error.challenge === undefined) throw error
  setChallengeCookie(visit.reply, visit.tenantId, error.challenge.id)
  return goTo(visit, next === undefined ? page : `${page}?next=${next}`)
}

const steps: Partial<Record<Refusal['code'], string>> = {
  mfa_required: 'second-factor',
  mfa_enrolment_required: 'add-factor',
}

/** A page of the sign-in, from which it leads on to where the visitor wanted to go. */
export function withNext({ request }: Visit, page: string): string {
  const next = nextNameIn(request)
  return next === undefined ? page : `${page}?next=${next}`
}

/** Lets the browser hold its session, and be known again. */
export function holdSession(deps: Deps, visit: Visit, opened: OpenedBrowserSession): void {
  const { request, reply, tenantId } = visit
  setSessionCookie(reply, tenantId, opened)
  clearFormCookie(reply, tenantId)
  if (challengeCookie(request, tenantId) !== undefined) clearChallengeCookie(reply, tenantId)
  keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
}

/** Ends a sign-in: the browser holds its session, and goes where it wanted to. */
export function finishSignIn(deps: Deps, visit: Visit, opened: OpenedBrowserSession): FastifyReply {
  holdSession(deps, visit, opened)
  return goTo(visit, nextPageOf(visit.request).path)
}

/** Begins the sign-in again, where its challenge can be answered no more. @throws what was thrown, for anything else. */
export function beginAgain(visit: Visit, error: unknown): FastifyReply {
  if (!(error instanceof Refusal) || error.code !== 'challenge_invalid') throw error
  clearChallengeCookie(visit.reply, visit.tenantId)
  return goTo(visit, withNext(visit, 'sign-in'), { notice: 'sign_in_again' })
}
