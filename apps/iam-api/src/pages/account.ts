import { listDevices } from '@iam/domain/account'
import { listSessions } from '@iam/domain/session'
import { readProfile, type Profile } from '@iam/domain/user'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { devicesSection } from './account-devices.ts'
import { sessionsSection } from './account-sessions.ts'
import { show, takeFlash, type View } from './answer.ts'
import { dateLocales } from './date-locales.ts'
import { faultNotice, form, goodNotice, type Fault } from './fields.ts'
import { html, type Html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { signedIn } from './signed-in.ts'
import type { SignedInVisit } from './visit.ts'

const mostShown = 200

/** What people see of their own account: who they are here, and where they are signed in. */
export function accountPage(app: App, deps: Deps): void {
  app.get(
    '/:slug/account',
    hidden,
    signedIn(deps, async (visit) => show(visit, await accountView(deps, visit))),
  )
}

/** The account, with what was wrong with what its person just asked for. */
export async function accountView(deps: Deps, visit: SignedInVisit, fault?: Fault): Promise<View> {
  const { tenantId, session, words } = visit
  const { userId } = session
  const [profile, { items }, devices] = await Promise.all([
    readProfile(deps, { tenantId, userId }),
    listSessions(deps, { tenantId, userId, limit: mostShown }),
    listDevices(deps, { tenantId, userId }),
  ])
  const { title } = words.account
  return {
    title,
    wide: true,
    content: html`<h1>${title}</h1>
${goodNotice(takeFlash(visit).said)}
${faultNotice(fault)}
${profileSection(visit, profile)}
${sessionsSection(visit, items)}
${devicesSection(visit, devices)}`,
  }
}

function profileSection(visit: SignedInVisit, { email, emailVerifiedAt, createdAt }: Profile): Html {
  const { words, base, locale, tenant } = visit
  const { account } = words
  const day = new Intl.DateTimeFormat(dateLocales[locale], {
    dateStyle: 'long',
    timeZone: 'UTC',
    numberingSystem: 'latn',
  })
  const status =
    emailVerifiedAt === null
      ? html`<span class="tag">${account.unverified}</span> ${confirmIt(visit)}`
      : html`<span class="tag good">${account.verified}</span>`
  return html`<section aria-labelledby="profile"><h2 id="profile">${account.profile}</h2>
<ul class="rows">
<li class="row"><div><p class="what">${account.email}</p><div><bdi>${email}</bdi> ${status}</div></div>${tenant.passwordLogin && changeLink(visit, `${base}/account/email`, account.email)}</li>
${tenant.passwordLogin && html`<li class="row"><div><p class="what">${account.password}</p><p>${account.hidden}</p></div>${changeLink(visit, `${base}/account/password`, account.password)}</li>`}
<li class="row"><div><p class="what">${words.factors.title}</p><p>${words.factors.lead}</p></div>${changeLink(visit, `${base}/account/factors`, words.factors.title)}</li>
<li class="row"><div><p class="what">${words.dataExport.title}</p><p>${words.dataExport.short}</p></div><a href="${base}/account/data" aria-label="${words.dataExport.ask}">${words.dataExport.ask}</a></li>
<li class="row"><div><p class="what">${account.since}</p><p>${day.format(createdAt)}</p></div></li>
</ul></section>`
}

function changeLink({ words }: SignedInVisit, path: string, what: string): Html {
  const { change } = words.account
  return html`<a href="${path}" aria-label="${change}: ${what}">${change}</a>`
}

/** Has the mail that confirms the address sent, which leads to where its digits are typed. */
function confirmIt(visit: SignedInVisit): Html {
  const { words, base, session } = visit
  const address = html`<input type="hidden" name="email" value="${session.email}">`
  const action = `${base}/verify-email/again`
  return form(visit, { action, submit: words.account.verify, kind: 'link' }, address)
}
