import { requestPasswordReset } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, takeFlash, type View } from './answer.ts'
import { emailField } from './email-field.ts'
import { faultNotice, form, goodNotice, type Fault } from './fields.ts'
import { emailIn } from './form-values.ts'
import { html } from './html.ts'
import { passwordsOff } from './passwords-off.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Have a link mailed to choose another password. What follows does not tell whether there is an account. */
export function forgottenPasswordPage(app: App, deps: Deps): void {
  app.get('/:slug/forgotten-password', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return show(visit, view(visit, takeFlash(visit)))
  })
  app.post('/:slug/forgotten-password', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId, locale } = visit
    return submit(deps, visit, {
      act: async (sent) => {
        const email = emailIn(sent)
        await limit(deps, { request, reply, tenantId, email }, 'password-reset', 'password-reset-address')
        await requestPasswordReset(deps, { tenantId, email, locale, origin: originOf(request) })
        return goTo(visit, 'forgotten-password/sent')
      },
      again: (sent, fault) => view(visit, { email: sent.get('email') }, fault),
    })
  })
  app.get('/:slug/forgotten-password/sent', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { title, lead } = visit.words.sent
    return show(visit, { title, content: html`<h1>${title}</h1><p class="lead">${lead}</p>${back(visit)}` })
  })
}

function view(
  visit: Visit,
  { said, email }: { said?: string; email?: string | undefined },
  fault?: Fault,
): View {
  if (!visit.tenant.passwordLogin) return passwordsOff(visit)
  const { words, base } = visit
  const { title, lead, submit: label } = words.forgotten
  const address = emailField(visit, email, fault)
  return {
    title,
    content: html`<h1>${title}</h1>
${goodNotice(said)}
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/forgotten-password`, submit: label }, address)}
${back(visit)}`,
  }
}

function back({ words, base }: Visit) {
  return html`<p class="more"><a href="${base}/sign-in">${words.forgotten.back}</a></p>`
}
