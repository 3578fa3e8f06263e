import { logInBrowserWithMagicLink, type MagicProof } from '@iam/domain/magic-link'
import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { clearFormCookie } from '../http/form-token.ts'
import { clearLinkCookie, type HeldLink } from '../http/link-cookie.ts'
import { keepKnownDevice } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie, setSessionCookie } from '../http/session-cookie.ts'
import { goTo } from './answer.ts'
import { nextPathNamed } from './next-page.ts'
import type { Visit } from './visit.ts'

/** Signs the browser in that asked for a link, and leads on. @throws Refusal what `logInBrowserWithMagicLink` refuses. */
export async function enterByLink(
  deps: Deps,
  visit: Visit,
  { held, proof }: { readonly held: HeldLink; readonly proof: MagicProof },
): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  const opened = await logInBrowserWithMagicLink(deps, {
    tenantId,
    request: held.request,
    proof,
    previous: sessionCookie(request, tenantId),
    binding: undefined,
    origin: originOf(request),
  })
  setSessionCookie(reply, opened)
  clearFormCookie(reply, tenantId)
  clearLinkCookie(reply, tenantId)
  keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
  return goTo(visit, nextPathNamed(held.next))
}
