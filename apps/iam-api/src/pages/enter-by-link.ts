import { Refusal } from '@iam/domain/kit'
import { logInBrowserWithMagicLink, type MagicProof } from '@iam/domain/magic-link'
import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { bindingOf } from '../http/form-token.ts'
import { clearLinkCookie, type HeldLink } from '../http/link-cookie.ts'
import { deviceCookie } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie } from '../http/session-cookie.ts'
import { goTo } from './answer.ts'
import { knownNext, nextNamed } from './next-page.ts'
import { holdSession, toNextStep } from './sign-in-step.ts'
import type { Visit } from './visit.ts'

/**
 * Signs the browser in that asked for a link, and leads on; or to the second step, where one is asked for. Trust in the
 * browser stands in for none after a mail.
 * @throws Refusal what `logInBrowserWithMagicLink` refuses.
 */
export async function enterByLink(
  deps: Deps,
  visit: Visit,
  { held, proof }: { readonly held: HeldLink; readonly proof: MagicProof },
): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  const { path, recent: asksForFactor } = nextNamed(held.next)
  const step = { tenantId, request: held.request, proof, asksForFactor, origin: originOf(request) }
  const browser = {
    previous: sessionCookie(request, tenantId),
    binding: bindingOf(deps, request, visit),
    knownBy: deviceCookie(request, tenantId),
  }
  return logInBrowserWithMagicLink(deps, { ...step, ...browser }).then(
    (opened) => {
      clearLinkCookie(reply, tenantId)
      holdSession(deps, visit, opened)
      return goTo(visit, path)
    },
    (error: unknown) => {
      // Who is asked for more has used the link up.
      if (error instanceof Refusal && error.challenge !== undefined) clearLinkCookie(reply, tenantId)
      return toNextStep(visit, error, knownNext(held.next))
    },
  )
}
