import { requestMagicLink } from '@iam/domain/magic-link'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { keepLinkCookie } from '../http/link-cookie.ts'
import { limitLink } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, type View } from './answer.ts'
import { emailField } from './email-field.ts'
import { nextField } from './factor-parts.ts'
import { faultNotice, form, goodNotice, type Fault } from './fields.ts'
import { emailIn } from './form-values.ts'
import { html } from './html.ts'
import { nextNameIn } from './next-page.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Have a link to sign in mailed. What follows does not tell whether there is an account. */
export function mailLinkPage(app: App, deps: Deps): void {
  app.get('/:slug/mail-link', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return visit.tenant.magicLinks ? show(visit, mailLinkView(visit, {})) : goTo(visit, 'sign-in')
  })
  app.post('/:slug/mail-link', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId, locale } = visit
    return submit(deps, visit, {
      act: async (sent) => {
        const email = emailIn(sent)
        await limitLink(deps, { request, reply, tenantId, email })
        const from = { tenantId, locale, origin: originOf(request) }
        const asked = await requestMagicLink(deps, { email, ...from })
        keepLinkCookie(reply, tenantId, { request: asked.request, next: nextNameIn(request) })
        return goTo(visit, 'magic-link/waiting')
      },
      again: (sent, fault) => mailLinkView(visit, { email: sent.get('email') }, fault),
    })
  })
}

interface Known {
  readonly said?: string | undefined
  readonly email?: string | undefined
}

/** Asks for the address alone. It stands in for the sign-in where nobody has a password. */
export function mailLinkView(visit: Visit, { said, email }: Known, fault?: Fault): View {
  const { words, base, tenant } = visit
  const { title, lead, submit: label } = words.mailLink
  const address = emailField(visit, email, fault)
  const fields = [nextField(visit), address]
  const back = html`<p class="more"><a href="${base}/sign-in">${words.forgotten.back}</a></p>`
  return {
    title,
    content: html`<h1>${title}</h1>
${goodNotice(said)}
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/mail-link`, submit: label }, fields)}
${tenant.passwordLogin && back}`,
  }
}

/** The button on the sign-in that sends the address that was typed there. */
export function mailLinkButton({ words, base, tenant }: Visit) {
  return (
    tenant.magicLinks &&
    html`<button class="quiet" formaction="${base}/mail-link">${words.mailLink.submit}</button>`
  )
}
