import { logInBrowserWithMagicLink, type MagicProof } from '@iam/domain/magic-link'
import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { bindingOf, hasFormCookie } from '../http/form-token.ts'
import { clearLinkCookie, type HeldLink } from '../http/link-cookie.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie } from '../http/session-cookie.ts'
import { goTo } from './answer.ts'
import { nextPathNamed } from './next-page.ts'
import { holdSession, toNextStep } from './sign-in-step.ts'
import type { Visit } from './visit.ts'

/** Signs the browser in that asked for a link, and leads on. @throws Refusal what `logInBrowserWithMagicLink` refuses. */
export async function enterByLink(
  deps: Deps,
  visit: Visit,
  { held, proof }: { readonly held: HeldLink; readonly proof: MagicProof },
): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  const holds = hasFormCookie(request, visit)
  const entering = logInBrowserWithMagicLink(deps, {
    tenantId,
    request: held.request,
    proof,
    previous: sessionCookie(request, tenantId),
    binding: holds ? bindingOf(deps, request, visit) : undefined,
    origin: originOf(request),
  })
  return entering.then(
    (opened) => {
      holdSession(deps, visit, opened)
      clearLinkCookie(reply, tenantId)
      return goTo(visit, nextPathNamed(held.next))
    },
    (error: unknown) => {
      const answer = toNextStep(visit, error)
      clearLinkCookie(reply, tenantId)
      return answer
    },
  )
}
