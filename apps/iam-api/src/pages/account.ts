import { changePassword, requestEmailChange } from '@iam/domain/account'
import { endBrowserSession } from '@iam/domain/session'
import { readProfile, type Profile } from '@iam/domain/user'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { clearSessionCookie, sessionCookie } from '../http/session-cookie.ts'
import { goTo, show, takeFlash, type View } from './answer.ts'
import { faultNotice, field, form, goodNotice, type Fault } from './fields.ts'
import { emailIn, passwordIn } from './form-values.ts'
import { html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { submit } from './submit.ts'
import { openVisit, type SignedInVisit } from './visit.ts'

/** A handler for those who are signed in; others are led to the sign-in. */
function signedIn(deps: Deps, answer: (visit: SignedInVisit) => Promise<FastifyReply>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const visit = await openVisit(deps, request, reply)
    const { session } = visit
    return session === undefined
      ? goTo(visit, 'sign-in', { notice: 'sign_in_first' })
      : answer({ ...visit, session })
  }
}

/** What people see of their own account, and change. */
export function accountPages(app: App, deps: Deps): void {
  app.get(
    '/:slug/account',
    hidden,
    signedIn(deps, (visit) => showAccount(deps, visit)),
  )
  app.get(
    '/:slug/account/password',
    hidden,
    signedIn(deps, async (visit) => show(visit, passwordView(visit))),
  )
  app.post(
    '/:slug/account/password',
    hidden,
    signedIn(deps, (visit) => takePassword(deps, visit)),
  )
  app.get(
    '/:slug/account/email',
    hidden,
    signedIn(deps, async (visit) => show(visit, emailView(visit))),
  )
  app.post(
    '/:slug/account/email',
    hidden,
    signedIn(deps, (visit) => takeEmail(deps, visit)),
  )
  app.post(
    '/:slug/account/sign-out',
    hidden,
    signedIn(deps, (visit) => signOut(deps, visit)),
  )
}

async function showAccount(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { tenantId, session } = visit
  const profile = await readProfile(deps, { tenantId, userId: session.userId })
  return show(visit, accountView(visit, profile))
}

function accountView(visit: SignedInVisit, profile: Profile): View {
  const { words, base, locale } = visit
  const { account } = words
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC', numberingSystem: 'latn' })
  const verified = profile.emailVerifiedAt !== null
  const status = verified
    ? html`<span class="tag good">${account.verified}</span>`
    : html`<span class="tag">${account.unverified}</span> ${confirmIt(visit)}`
  return {
    title: account.title,
    wide: true,
    content: html`<h1>${account.title}</h1>
${goodNotice(takeFlash(visit).said)}
<section aria-labelledby="profile"><h2 id="profile">${account.profile}</h2>
<ul class="rows">
<li class="row"><div><p class="what">${account.email}</p><p><bdi>${profile.email}</bdi> ${status}</p></div><a href="${base}/account/email" aria-label="${account.change}: ${account.email}">${account.change}</a></li>
<li class="row"><div><p class="what">${account.password}</p><p>${account.hidden}</p></div><a href="${base}/account/password" aria-label="${account.change}: ${account.password}">${account.change}</a></li>
<li class="row"><div><p class="what">${account.since}</p><p>${day.format(profile.createdAt)}</p></div></li>
</ul></section>
<section><div class="buttons">${form(visit, { action: `${base}/account/sign-out`, submit: account.signOut, kind: 'quiet' })}</div></section>`,
  }
}

/** Has the mail that confirms the address sent, which leads to where its digits are typed. */
function confirmIt(visit: SignedInVisit) {
  const { words, base, session } = visit
  const address = html`<input type="hidden" name="email" value="${session.email}">`
  return form(
    visit,
    { action: `${base}/verify-email/again`, submit: words.account.verify, kind: 'link' },
    address,
  )
}

function takePassword(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { request, reply, tenantId, session } = visit
  const { userId, sessionId } = session
  return submit(deps, visit, {
    act: async (sent) => {
      const currentPassword = passwordIn(sent, 'currentPassword')
      const newPassword = passwordIn(sent, 'newPassword')
      await limit(deps, { request, reply, tenantId, userId }, 'password-check')
      const change = { tenantId, userId, sessionId, currentPassword, newPassword }
      await changePassword(deps, { ...change, origin: originOf(request) })
      return goTo(visit, 'account', { notice: 'password_changed' })
    },
    again: (_sent, fault) => passwordView(visit, fault),
    says: { invalid_credentials: { field: 'currentPassword', fault: 'password_wrong' } },
    newPassword: 'newPassword',
  })
}

function passwordView(visit: SignedInVisit, fault?: Fault): View {
  const { words, base, tenant, session } = visit
  const { title, lead, submit: label } = words.changePassword
  const hint = words.hints.password(tenant.passwordMinLength)
  const { currentPassword, newPassword } = words.fields
  const fields = [
    // Password managers file the new password under this.
    html`<input type="email" name="username" autocomplete="username" value="${session.email}" hidden>`,
    field(
      {
        name: 'currentPassword',
        type: 'password',
        label: currentPassword,
        autocomplete: 'current-password',
        first: true,
      },
      fault,
    ),
    field(
      { name: 'newPassword', type: 'password', label: newPassword, autocomplete: 'new-password', hint },
      fault,
    ),
  ]
  return {
    title,
    content: html`<h1>${title}</h1><p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/account/password`, submit: label }, fields)}
<p class="more"><a href="${base}/account">${words.account.back}</a></p>`,
  }
}

function takeEmail(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { request, reply, tenantId, session } = visit
  const { userId } = session
  return submit(deps, visit, {
    act: async (sent) => {
      const email = emailIn(sent)
      const password = passwordIn(sent, 'password')
      await limit(deps, { request, reply, tenantId, userId, email }, 'password-check', 'verify-email-address')
      await requestEmailChange(deps, { tenantId, userId, email, password, origin: originOf(request) })
      return goTo(visit, 'account', { notice: 'email_requested' })
    },
    again: (sent, fault) => emailView(visit, sent.get('email'), fault),
    says: { invalid_credentials: { field: 'password', fault: 'password_wrong' } },
  })
}

function emailView(visit: SignedInVisit, email?: string, fault?: Fault): View {
  const { words, base } = visit
  const { title, lead, submit: label } = words.changeEmail
  const { newEmail, currentPassword } = words.fields
  const fields = [
    field(
      { name: 'email', type: 'email', label: newEmail, autocomplete: 'email', value: email, first: true },
      fault,
    ),
    field(
      { name: 'password', type: 'password', label: currentPassword, autocomplete: 'current-password' },
      fault,
    ),
  ]
  return {
    title,
    content: html`<h1>${title}</h1><p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/account/email`, submit: label }, fields)}
<p class="more"><a href="${base}/account">${words.account.back}</a></p>`,
  }
}

function signOut(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  return submit(deps, visit, {
    act: async () => {
      const token = sessionCookie(request, tenantId) ?? ''
      await endBrowserSession(deps, { tenantId, token, origin: originOf(request) })
      clearSessionCookie(reply, tenantId)
      return goTo(visit, 'signed-out', { notice: 'signed_out' })
    },
    again: (_sent, fault) => ({ title: visit.words.account.title, content: faultNotice(fault) }),
  })
}
