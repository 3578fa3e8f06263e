import { requestEmailChange } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, type View } from './answer.ts'
import { faultNotice, field, form, type Fault } from './fields.ts'
import { newEmailIn, passwordIn } from './form-values.ts'
import { html } from './html.ts'
import { passwordsOff } from './passwords-off.ts'
import { passwordField } from './password-field.ts'
import { hidden } from './routes-are-hidden.ts'
import { showPasswordsLink } from './show-passwords.ts'
import { signedInSince } from './signed-in.ts'
import { submit } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

/** Ask for another address, knowing the password. Nothing changes until the mail to it was answered. */
export function changeEmailPage(app: App, deps: Deps): void {
  app.get(
    '/:slug/account/email',
    hidden,
    signedInSince(deps, async (visit) => show(visit, view(visit))),
  )
  app.post(
    '/:slug/account/email',
    hidden,
    signedInSince(deps, (visit) => take(deps, visit)),
  )
}

function take(deps: Deps, visit: SignedInVisit) {
  const { request, reply, tenantId, session } = visit
  const { userId, authTime } = session
  return submit(deps, visit, {
    act: async (sent) => {
      const email = newEmailIn(sent)
      const password = passwordIn(sent, 'password')
      await limit(deps, { request, reply, tenantId, userId, email }, 'password-check', 'verify-email-address')
      const asking = { tenantId, userId, authTime, origin: originOf(request) }
      await requestEmailChange(deps, { ...asking, email, password })
      return goTo(visit, 'account', { notice: 'email_requested' })
    },
    again: (sent, fault) => view(visit, sent.get('email'), fault),
    says: { invalid_credentials: { field: 'password', fault: 'password_wrong' } },
  })
}

function view(visit: SignedInVisit, email?: string, fault?: Fault): View {
  if (!visit.tenant.passwordLogin) return passwordsOff(visit)
  const { words, base } = visit
  const { title, lead, submit: label } = words.changeEmail
  const { newEmail, currentPassword } = words.fields
  const fields = [
    field(
      { name: 'email', type: 'email', label: newEmail, autocomplete: 'email', value: email, first: true },
      fault,
    ),
    passwordField(
      visit,
      { name: 'password', label: currentPassword, autocomplete: 'current-password' },
      fault,
    ),
    html`<p class="beside">${showPasswordsLink(visit)}</p>`,
  ]
  return {
    title,
    content: html`<h1>${title}</h1><p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/account/email`, submit: label }, fields)}
<p class="more"><a href="${base}/account">${words.account.back}</a></p>`,
  }
}
