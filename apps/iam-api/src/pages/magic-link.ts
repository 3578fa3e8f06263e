import { approveMagicLink, isOwnLink, viewMagicLink, type AskedFrom } from '@iam/domain/magic-link'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { linkCookie, type HeldLink } from '../http/link-cookie.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, tokenOf, type View } from './answer.ts'
import { deviceIn, momentIn } from './device-words.ts'
import { enterByLink } from './enter-by-link.ts'
import { faultNotice, field, form, type Fault } from './fields.ts'
import { numberIn } from './form-values.ts'
import { html, type Html } from './html.ts'
import { askToPress, deadLink, showDeadLink } from './link-page.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/**
 * The page behind a mailed link to sign in. Looking changes nothing, whoever looks. In the browser that asked, a button
 * signs in. Anywhere else the link signs nobody in: it says what asked, and lets that go on for the number shown there,
 * which neither a mail scanner knows nor somebody who was sent a link that they did not ask for.
 */
export function magicLinkPage(app: App, deps: Deps): void {
  app.get('/:slug/magic-link', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const token = tokenOf(request)
    if (token === undefined) return show(visit, deadLink(visit, insteadOf(visit)))
    const found = view(deps, visit, token)
    return found.then(
      (shown) => show(visit, shown),
      (error: unknown) => showDeadLink(visit, insteadOf(visit), error),
    )
  })
  app.post('/:slug/magic-link', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId } = visit
    const token = tokenOf(request) ?? ''
    const held = linkCookie(request, tenantId)
    const answer =
      held !== undefined && isOwnLink(deps, { tenantId, token, request: held.request })
        ? enter(deps, visit, { token, held })
        : approve(deps, visit, token)
    return answer.catch((error: unknown) => showDeadLink(visit, insteadOf(visit), error))
  })
  app.get('/:slug/magic-link/approved', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return show(visit, approved(visit))
  })
}

function insteadOf({ tenant }: Visit): string | undefined {
  return tenant.magicLinks ? 'mail-link' : undefined
}

function enter(
  deps: Deps,
  visit: Visit,
  { token, held }: { readonly token: string; readonly held: HeldLink },
): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  return submit(deps, visit, {
    act: async () => {
      await limit(deps, { request, reply, tenantId }, 'one-time-code')
      return enterByLink(deps, visit, { held, proof: { by: 'link', token } })
    },
    again: (_sent, fault) => view(deps, visit, token, fault),
  })
}

function approve(deps: Deps, visit: Visit, token: string): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  return submit(deps, visit, {
    act: async (sent) => {
      const number = numberIn(sent)
      await limit(deps, { request, reply, tenantId }, 'one-time-code')
      await approveMagicLink(deps, { tenantId, token, number, origin: originOf(request) })
      return goTo(visit, 'magic-link/approved')
    },
    again: (_sent, fault) => view(deps, visit, token, fault),
    says: { code_invalid: { field: 'number', fault: 'number_wrong' } },
  })
}

/** @throws Refusal `code_invalid` for a link that cannot be used any more. */
async function view(deps: Deps, visit: Visit, token: string, fault?: Fault): Promise<View> {
  const { tenantId, request, words } = visit
  const held = linkCookie(request, tenantId)?.request
  const { isOwn, isApproved, askedFrom } = await viewMagicLink(deps, { tenantId, token, request: held })
  if (isOwn) return askToPress(visit, { token, words: words.linkOwn, page: 'magic-link' }, fault)
  return isApproved ? approved(visit) : askForNumber(visit, { token, askedFrom }, fault)
}

function askForNumber(
  visit: Visit,
  { token, askedFrom }: { readonly token: string; readonly askedFrom: AskedFrom },
  fault: Fault | undefined,
): View {
  const { words, base } = visit
  const { title, lead, number: label, hint, submit: action, warning } = words.linkElsewhere
  const fields = [
    html`<input type="hidden" name="token" value="${token}">`,
    field({ name: 'number', label, hint, autocomplete: 'off', code: true, first: true }, fault),
  ]
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${whatAsked(visit, askedFrom)}
<div class="notice bad">${warning}</div>
${faultNotice(fault)}
${form(visit, { action: `${base}/magic-link`, submit: action }, fields)}`,
  }
}

function whatAsked({ words, locale }: Visit, { agent, place, at }: AskedFrom): Html {
  return html`<ul class="rows"><li class="row"><div>
<p><bdi>${deviceIn(words, agent)}</bdi></p>
${place !== null && html`<p class="what"><bdi dir="ltr">${place}</bdi></p>`}
<p class="what">${momentIn(locale, at)}</p>
</div></li></ul>`
}

function approved({ words, base }: Visit): View {
  const { title, lead } = words.linkApproved
  const back = html`<p class="more"><a href="${base}/sign-in">${words.forgotten.back}</a></p>`
  return { title, content: html`<h1>${title}</h1><p class="lead">${lead}</p>${back}` }
}
