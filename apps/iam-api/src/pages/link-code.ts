import { checkMagicLink } from '@iam/domain/magic-link'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { linkCookie, type HeldLink } from '../http/link-cookie.ts'
import { goTo, show, type View } from './answer.ts'
import { enterByLink } from './enter-by-link.ts'
import { faultNotice, field, form, type Fault } from './fields.ts'
import { codeIn } from './form-values.ts'
import { html } from './html.ts'
import { showDeadLink } from './link-page.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Type the code of the mail, in the browser that asked for it: what always works, and does not load itself anew. */
export function linkCodePage(app: App, deps: Deps): void {
  app.get('/:slug/magic-link/code', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return linkCookie(request, visit.tenantId) === undefined
      ? goTo(visit, 'sign-in')
      : show(visit, view(visit))
  })
  app.post('/:slug/magic-link/code', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const held = linkCookie(request, visit.tenantId)
    return held === undefined ? goTo(visit, 'sign-in') : enter(deps, visit, held)
  })
}

function enter(deps: Deps, visit: Visit, held: HeldLink) {
  const { request, reply, tenantId } = visit
  const answer = submit(deps, visit, {
    act: async (sent) => {
      const code = codeIn(sent)
      await limit(deps, { request, reply, tenantId }, 'one-time-code')
      return enterByLink(deps, visit, { held, proof: { by: 'code', code } })
    },
    again: async (_sent, fault) => {
      // Of one that has ended there is nothing to type any more.
      const { status } = await checkMagicLink(deps, { tenantId, request: held.request })
      return view(visit, status === 'ended' ? { sentence: visit.words.faults.link_dead } : fault)
    },
    says: { code_invalid: { field: 'code', fault: 'code_wrong' } },
  })
  return answer.catch((error: unknown) => showDeadLink(visit, 'mail-link', error))
}

function view(visit: Visit, fault?: Fault): View {
  const { words, base } = visit
  const { title, lead, submit: label, back } = words.linkCode
  const code = field(
    {
      name: 'code',
      label: words.fields.code,
      hint: words.hints.code,
      autocomplete: 'one-time-code',
      code: true,
      first: true,
    },
    fault,
  )
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/magic-link/code`, submit: label }, code)}
<p class="more"><a href="${base}/magic-link/waiting">${back}</a></p>`,
  }
}
