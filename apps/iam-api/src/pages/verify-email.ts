import { requestEmailVerification, verifyEmailByCode, verifyEmailByLink } from '@iam/domain/account'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { goTo, show, takeFlash, tokenOf, type View } from './answer.ts'
import { emailField } from './email-field.ts'
import { faultNotice, field, form, goodNotice, type Fault } from './fields.ts'
import { codeIn, emailIn } from './form-values.ts'
import { html } from './html.ts'
import { askToPress, linkPage } from './link-page.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

/** Confirm an address: by the button behind a mailed link, or by its digits. Another mail can be had. */
export function verifyEmailPage(app: App, deps: Deps): void {
  app.get('/:slug/verify-email', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { said, email = visit.session?.email } = takeFlash(visit)
    const token = tokenOf(request)
    const words = visit.words.verifyLink
    return show(
      visit,
      token === undefined
        ? view(visit, { said, email })
        : askToPress(visit, { token, words, page: 'verify-email' }),
    )
  })
  app.post('/:slug/verify-email', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return tokenOf(request) === undefined ? byCode(deps, visit) : byLink(deps, visit)
  })
  app.post('/:slug/verify-email/again', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId, locale } = visit
    return submit(deps, visit, {
      act: async (sent) => {
        const email = emailIn(sent)
        await limit(deps, { request, reply, tenantId, email }, 'verify-email', 'verify-email-address')
        await requestEmailVerification(deps, { tenantId, email, locale, origin: originOf(request) })
        return goTo(visit, 'verify-email', { notice: 'verification_sent', email })
      },
      again: (sent, fault) => view(visit, { email: sent.get('email') }, fault),
    })
  })
}

function byLink(deps: Deps, visit: Visit) {
  return linkPage(deps, visit, {
    act: (token) =>
      verifyEmailByLink(deps, { tenantId: visit.tenantId, token, origin: originOf(visit.request) }),
    words: visit.words.verifyLink,
    page: 'verify-email',
    next: { page: visit.session === undefined ? 'sign-in' : 'account', notice: 'verified' },
    instead: 'verify-email',
  })
}

function byCode(deps: Deps, visit: Visit) {
  const { request, reply, tenantId, session } = visit
  return submit(deps, visit, {
    act: async (sent) => {
      const email = emailIn(sent)
      const code = codeIn(sent)
      await limit(deps, { request, reply, tenantId, email }, 'one-time-code', 'one-time-code-address')
      await verifyEmailByCode(deps, { tenantId, email, code, origin: originOf(request) })
      return goTo(visit, session === undefined ? 'sign-in' : 'account', { notice: 'verified', email })
    },
    again: (sent, fault) => view(visit, { email: sent.get('email') }, fault),
    says: { code_invalid: { field: 'code', fault: 'code_wrong' } },
  })
}

function view(
  visit: Visit,
  known: { said?: string | undefined; email?: string | undefined },
  fault?: Fault,
): View {
  const { words, base } = visit
  const { said, email } = known
  const { title, lead, leadTo, submit: label, again, resend } = words.verifyCode
  const isKnown = email !== undefined && email !== '' && fault?.field !== 'email'
  const address = isKnown
    ? html`<input type="hidden" name="email" value="${email}">`
    : emailField(visit, email, fault)
  const code = field(
    {
      name: 'code',
      label: words.fields.code,
      hint: words.hints.code,
      autocomplete: 'one-time-code',
      code: true,
      first: isKnown,
    },
    fault,
  )
  const resendTo =
    isKnown &&
    html`<div class="more">${again} ${form(visit, { action: `${base}/verify-email/again`, submit: resend, kind: 'link' }, address)}</div>`
  return {
    title,
    content: html`<h1>${title}</h1>
${goodNotice(said)}
<p class="lead">${isKnown ? leadTo(email) : lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/verify-email`, submit: label }, [address, code])}
${resendTo}`,
  }
}
