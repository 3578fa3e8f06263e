import { inLoginLane } from '@iam/domain/login-attempt'
import { logInBrowserWithPassword } from '@iam/domain/session'
import { normaliseEmail } from '@iam/domain/user'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { bindingOf } from '../http/form-token.ts'
import { loginLane } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie } from '../http/session-cookie.ts'
import { trustedCookie } from '../http/trusted-cookie.ts'
import { goTo, show, takeFlash, type View } from './answer.ts'
import { nextField } from './factor-parts.ts'
import { faultNotice, field, form, goodNotice, type Fault } from './fields.ts'
import { emailIn, passwordIn } from './form-values.ts'
import { html, type Content, type Html } from './html.ts'
import { mailLinkButton, mailLinkView } from './mail-link.ts'
import { mustSignInAgain, nextPageOf } from './next-page.ts'
import { passkeyForm } from './passkey-form.ts'
import { allowPasskeyScript, passkeyScriptPath } from './passkey-script.ts'
import { passwordsOff } from './passwords-off.ts'
import { passwordField } from './password-field.ts'
import { hidden } from './routes-are-hidden.ts'
import { showPasswordsLink } from './show-passwords.ts'
import { finishSignIn, toNextStep } from './sign-in-step.ts'
import { submit } from './submit.ts'
import { formOf, openVisit, type Visit } from './visit.ts'

/** Sign in, and what leads on for those who cannot. */
export function signInPage(app: App, deps: Deps): void {
  app.get('/:slug/sign-in', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const again = await mustSignInAgain(deps, visit)
    if (visit.session !== undefined && !again) return goTo(visit, nextPageOf(request).path)
    allowPasskeyScript(deps, reply)
    return show(visit, again ? viewAgain(visit) : view(visit, takeFlash(visit)))
  })
  app.post('/:slug/sign-in', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const again = await mustSignInAgain(deps, visit)
    if (!again && signedInMeanwhile(deps, visit)) return goTo(visit, nextPageOf(request).path)
    return submit(deps, visit, {
      act: async (sent) => {
        const { tenantId } = visit
        const email = emailIn(sent)
        const password = passwordIn(sent, 'password')
        const login = { request, reply, tenantId, email }
        const lane = await loginLane(deps, login)
        const previous = sessionCookie(request, tenantId)
        return inLoginLane(deps, lane, () =>
          logInBrowserWithPassword(deps, {
            tenantId,
            email,
            password,
            previous,
            binding: bindingOf(deps, request, visit),
            trusted: trustedCookie(request, tenantId),
            asksForFactor: nextPageOf(request).recent,
            isKnownDevice: lane.by === 'device',
            origin: originOf(request),
          }),
        ).then(
          (opened) => finishSignIn(deps, visit, opened),
          (error: unknown) => toNextStep(visit, error),
        )
      },
      again: (sent, fault) => signInView(deps, visit, fault, sent.get('email')),
      says: { invalid_credentials: { fault: 'login_wrong' } },
    })
  })
}

/** The sign-in page again, with what was wrong. */
export async function signInView(deps: Deps, visit: Visit, fault: Fault, email?: string): Promise<View> {
  allowPasskeyScript(deps, visit.reply)
  return (await mustSignInAgain(deps, visit)) ? viewAgain(visit, email, fault) : view(visit, { email }, fault)
}

/** Whether the form is of before the same person signed in in another tab: then there is nothing left to do. */
function signedInMeanwhile(deps: Deps, visit: Visit): boolean {
  const { request, session } = visit
  if (session === undefined || !(request.body instanceof Map)) return false
  const email: unknown = request.body.get('email')
  if (typeof email !== 'string' || normaliseEmail(email.trim()) !== normaliseEmail(session.email))
    return false
  try {
    formOf(deps, visit)
    return false
  } catch {
    return true
  }
}

interface Known {
  readonly said?: string | undefined
  readonly email?: string | undefined
}

function view(visit: Visit, { said, email }: Known, fault?: Fault): View {
  if (!visit.tenant.passwordLogin) return withoutPassword(visit, { said, email }, fault)
  const { words, base, tenant } = visit
  const { title, stranger, register } = words.signIn
  return {
    title,
    script: passkeyScriptPath,
    content: html`<h1>${title}</h1>
${opening(visit, said)}
${faultNotice(fault)}
${signInForm(visit, email, fault)}
${passkeySignIn(visit, fault)}
${tenant.selfRegistration && html`<p class="more">${stranger} <a href="${base}/register">${register}</a></p>`}`,
  }
}

/** What just happened, if it is news; that somebody came here to sign in is none. */
function opening({ words }: Visit, said: string | undefined): Content {
  if (said === undefined) return html`<p class="lead">${words.signIn.lead}</p>`
  return said === words.notices.sign_in_first
    ? html`<p class="lead" role="status">${said}</p>`
    : goodNotice(said)
}

/** For somebody who signed in too long ago for what they are about to do. */
function viewAgain(visit: Visit, email = visit.session?.email, fault?: Fault): View {
  if (!visit.tenant.passwordLogin) return withoutPassword(visit, { email }, fault)
  const { words, base } = visit
  const { title, lead } = words.signInAgain
  return {
    title,
    script: passkeyScriptPath,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${signInForm(visit, email, fault)}
${passkeySignIn(visit, fault)}
<p class="more"><a href="${base}/account">${words.account.back}</a></p>`,
  }
}

/** Where nobody has a password there may be a mailed link. */
function withoutPassword(visit: Visit, known: Known, fault: Fault | undefined): View {
  return visit.tenant.magicLinks ? mailLinkView(visit, known, fault) : passwordsOff(visit)
}

function signInForm(visit: Visit, email: string | undefined, fault: Fault | undefined): Html {
  const { words, base } = visit
  const known = email !== undefined && email !== ''
  const { email: label, password } = words.fields
  const fields = [
    nextField(visit),
    field(
      { name: 'email', type: 'email', label, autocomplete: 'username webauthn', value: email, first: !known },
      fault,
    ),
    passwordField(
      visit,
      { name: 'password', label: password, autocomplete: 'current-password', first: known },
      fault,
    ),
    html`<p class="beside">${showPasswordsLink(visit)} <a href="${base}/forgotten-password">${words.signIn.forgotten}</a></p>`,
  ]
  const action = { action: `${base}/sign-in`, submit: words.signIn.submit }
  return form(visit, action, fields, mailLinkButton(visit))
}

/** The other way, for who has a passkey: asked for, or, unless it just went wrong, offered beside the address. */
function passkeySignIn(visit: Visit, fault: Fault | undefined): Html {
  const action = `${visit.base}/sign-in/passkey`
  const submit = visit.words.passkeys.signIn
  return passkeyForm(
    visit,
    { ceremony: 'get', action, submit, conditional: fault === undefined },
    nextField(visit),
  )
}
