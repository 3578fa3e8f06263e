import { registerUser } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, type View } from './answer.ts'
import { emailField } from './email-field.ts'
import { faultNotice, form, type Fault } from './fields.ts'
import { newEmailIn, passwordIn } from './form-values.ts'
import { html } from './html.ts'
import { passwordField } from './password-field.ts'
import { hidden } from './routes-are-hidden.ts'
import { showPasswordsLink } from './show-passwords.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Make an account. What follows is the same whether or not the address was registered before. */
export function registerPage(app: App, deps: Deps): void {
  app.get('/:slug/register', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return visit.session === undefined ? show(visit, view(visit)) : goTo(visit, 'account')
  })
  app.post('/:slug/register', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId, locale } = visit
    return submit(deps, visit, {
      act: async (sent) => {
        const email = newEmailIn(sent)
        const password = passwordIn(sent, 'password')
        await limit(deps, { request, reply, tenantId, email }, 'register', 'register-address')
        await registerUser(deps, { tenantId, email, password, locale, origin: originOf(request) })
        return goTo(visit, 'verify-email', { email })
      },
      again: (sent, fault) => view(visit, sent.get('email'), fault),
      newPassword: 'password',
    })
  })
}

function view(visit: Visit, email?: string, fault?: Fault): View {
  const { words, base, tenant } = visit
  const { title, lead, submit: label, known, closed } = words.register
  const signIn = html`<p class="more">${known} <a href="${base}/sign-in">${words.signIn.submit}</a></p>`
  if (!tenant.selfRegistration) {
    return { title, content: html`<h1>${title}</h1><p class="lead">${closed}</p>${signIn}` }
  }
  const { password } = words.fields
  const { passwordMinLength: least } = tenant
  const hint = words.hints.password(least)
  const fields = [
    emailField(visit, email, fault),
    passwordField(
      visit,
      { name: 'password', label: password, autocomplete: 'new-password', hint, least },
      fault,
    ),
    html`<p class="beside">${showPasswordsLink(visit)}</p>`,
  ]
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/register`, submit: label }, fields)}
${signIn}`,
  }
}
