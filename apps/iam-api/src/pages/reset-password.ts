import { resetPassword } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, tokenOf, type View } from './answer.ts'
import { faultNotice, form, type Fault } from './fields.ts'
import { passwordIn } from './form-values.ts'
import { html } from './html.ts'
import { deadLink, showDeadLink } from './link-page.ts'
import { passwordsOff } from './passwords-off.ts'
import { passwordField } from './password-field.ts'
import { hidden } from './routes-are-hidden.ts'
import { showPasswordsLink } from './show-passwords.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Choose another password by a mailed link. A password that is refused leaves the link usable. */
export function resetPasswordPage(app: App, deps: Deps): void {
  app.get('/:slug/reset-password', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const token = tokenOf(request)
    return show(visit, token === undefined ? deadLink(visit, 'forgotten-password') : view(visit, token))
  })
  app.post('/:slug/reset-password', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId } = visit
    const token = tokenOf(request) ?? ''
    const answer = submit(deps, visit, {
      act: async (sent) => {
        const password = passwordIn(sent, 'password')
        await limit(deps, { request, reply, tenantId }, 'one-time-code')
        await resetPassword(deps, { tenantId, token, password, origin: originOf(request) })
        return goTo(visit, 'sign-in', { notice: 'password_reset' })
      },
      again: (_sent, fault) => view(visit, token, fault),
      newPassword: 'password',
    })
    return answer.catch((error: unknown) => showDeadLink(visit, 'forgotten-password', error))
  })
}

function view(visit: Visit, token: string, fault?: Fault): View {
  if (!visit.tenant.passwordLogin) return passwordsOff(visit)
  const { words, base, tenant } = visit
  const { title, lead, submit: label } = words.reset
  const { passwordMinLength: least } = tenant
  const hint = words.hints.password(least)
  const fields = [
    html`<input type="hidden" name="token" value="${token}">`,
    passwordField(
      visit,
      {
        name: 'password',
        label: words.fields.newPassword,
        autocomplete: 'new-password',
        hint,
        least,
        first: true,
      },
      fault,
    ),
    html`<p class="beside">${showPasswordsLink(visit)}</p>`,
  ]
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/reset-password`, submit: label }, fields)}`,
  }
}
