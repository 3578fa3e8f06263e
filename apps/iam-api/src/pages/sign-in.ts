import { inLoginLane } from '@iam/domain/login-attempt'
import { logInBrowserWithPassword } from '@iam/domain/session'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { clearFormCookie } from '../http/form-token.ts'
import { keepKnownDevice, loginLane } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie, setSessionCookie } from '../http/session-cookie.ts'
import { goTo, show, takeFlash, type View } from './answer.ts'
import { faultNotice, field, form, goodNotice, type Fault } from './fields.ts'
import { emailIn, passwordIn } from './form-values.ts'
import { html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Sign in, and what leads on for those who cannot. */
export function signInPage(app: App, deps: Deps): void {
  app.get('/:slug/sign-in', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return visit.session === undefined ? show(visit, view(visit, takeFlash(visit))) : goTo(visit, 'account')
  })
  app.post('/:slug/sign-in', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return submit(deps, visit, {
      act: async (sent) => {
        const { tenantId } = visit
        const email = emailIn(sent)
        const password = passwordIn(sent, 'password')
        const login = { request, reply, tenantId, email }
        const lane = await loginLane(deps, login)
        const previous = sessionCookie(request, tenantId)
        const opened = await inLoginLane(deps, lane, () =>
          logInBrowserWithPassword(deps, {
            tenantId,
            email,
            password,
            previous,
            isKnownDevice: lane.by === 'device',
            origin: originOf(request),
          }),
        )
        setSessionCookie(reply, opened)
        clearFormCookie(reply, tenantId)
        keepKnownDevice(deps, login)
        return goTo(visit, 'account')
      },
      again: (sent, fault) => view(visit, { email: sent.get('email') }, fault),
      says: { invalid_credentials: { fault: 'login_wrong' } },
    })
  })
}

function view(
  visit: Visit,
  { said, email }: { said?: string; email?: string | undefined },
  fault?: Fault,
): View {
  const { words, base, tenant } = visit
  const { title, lead, submit: label, forgotten, stranger, register } = words.signIn
  const known = email !== undefined && email !== ''
  const { email: emailLabel, password } = words.fields
  const fields = [
    field(
      {
        name: 'email',
        type: 'email',
        label: emailLabel,
        autocomplete: 'username',
        value: email,
        first: !known,
      },
      fault,
    ),
    field(
      { name: 'password', type: 'password', label: password, autocomplete: 'current-password', first: known },
      fault,
    ),
    html`<p class="beside"><a href="${base}/forgotten-password">${forgotten}</a></p>`,
  ]
  return {
    title,
    content: html`<h1>${title}</h1>
${said === undefined ? html`<p class="lead">${lead}</p>` : goodNotice(said)}
${faultNotice(fault)}
${form(visit, { action: `${base}/sign-in`, submit: label }, fields)}
${tenant.selfRegistration && html`<p class="more">${stranger} <a href="${base}/register">${register}</a></p>`}`,
  }
}
