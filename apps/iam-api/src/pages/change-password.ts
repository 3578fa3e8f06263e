import { changePassword } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, type View } from './answer.ts'
import { faultNotice, form, type Fault } from './fields.ts'
import { passwordIn } from './form-values.ts'
import { html } from './html.ts'
import { passwordsOff } from './passwords-off.ts'
import { passwordField } from './password-field.ts'
import { hidden } from './routes-are-hidden.ts'
import { showPasswordsLink } from './show-passwords.ts'
import { signedInSince } from './signed-in.ts'
import { submit } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

/** Choose another password, knowing the one there is. Other sessions end. */
export function changePasswordPage(app: App, deps: Deps): void {
  app.get(
    '/:slug/account/password',
    hidden,
    signedInSince(deps, async (visit) => show(visit, view(visit))),
  )
  app.post(
    '/:slug/account/password',
    hidden,
    signedInSince(deps, (visit) => take(deps, visit)),
  )
}

function take(deps: Deps, visit: SignedInVisit) {
  const { request, reply, tenantId, session } = visit
  const { userId, sessionId, authTime } = session
  return submit(deps, visit, {
    act: async (sent) => {
      const currentPassword = passwordIn(sent, 'currentPassword')
      const newPassword = passwordIn(sent, 'newPassword')
      await limit(deps, { request, reply, tenantId, userId }, 'password-check')
      const change = { tenantId, userId, sessionId, authTime, currentPassword, newPassword }
      await changePassword(deps, { ...change, origin: originOf(request) })
      return goTo(visit, 'account', { notice: 'password_changed' })
    },
    again: (_sent, fault) => view(visit, fault),
    says: { invalid_credentials: { field: 'currentPassword', fault: 'password_wrong' } },
    newPassword: 'newPassword',
  })
}

function view(visit: SignedInVisit, fault?: Fault): View {
  if (!visit.tenant.passwordLogin) return passwordsOff(visit)
  const { words, base, tenant, session } = visit
  const { title, lead, submit: label } = words.changePassword
  const { passwordMinLength: least } = tenant
  const hint = words.hints.password(least)
  const { currentPassword, newPassword } = words.fields
  const fields = [
    // Password managers file the new password under this.
    html`<input type="email" name="username" autocomplete="username" value="${session.email}" hidden>`,
    passwordField(
      visit,
      {
        name: 'currentPassword',
        label: currentPassword,
        autocomplete: 'current-password',
        first: true,
      },
      fault,
    ),
    passwordField(
      visit,
      {
        name: 'newPassword',
        label: newPassword,
        autocomplete: 'new-password',
        hint,
        least,
      },
      fault,
    ),
    html`<p class="beside">${showPasswordsLink(visit)}</p>`,
  ]
  return {
    title,
    content: html`<h1>${title}</h1><p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/account/password`, submit: label }, fields)}
<p class="more"><a href="${base}/account">${words.account.back}</a></p>`,
  }
}
