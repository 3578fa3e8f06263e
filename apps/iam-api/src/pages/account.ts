import { listSessions, type ListedSession } from '@iam/domain/session'
import { readProfile, type Profile } from '@iam/domain/user'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { show, takeFlash, type View } from './answer.ts'
import { faultNotice, form, goodNotice, type Fault } from './fields.ts'
import { html, type Html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { signedIn } from './signed-in.ts'
import type { SignedInVisit } from './visit.ts'

const mostShown = 200
/** English as most of the world writes dates. */
const dateLocales = { en: 'en-GB', fr: 'fr', ar: 'ar' } as const

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
  const [profile, { items }] = await Promise.all([
    readProfile(deps, { tenantId, userId }),
    listSessions(deps, { tenantId, userId, limit: mostShown }),
  ])
  const { title } = words.account
  return {
    title,
    wide: true,
    content: html`<h1>${title}</h1>
${goodNotice(takeFlash(visit).said)}
${faultNotice(fault)}
${profileSection(visit, profile)}
${sessionsSection(visit, items)}`,
  }
}

function profileSection(visit: SignedInVisit, { email, emailVerifiedAt, createdAt }: Profile): Html {
  const { words, base, locale } = visit
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
<li class="row"><div><p class="what">${account.email}</p><div><bdi>${email}</bdi> ${status}</div></div>${changeLink(visit, `${base}/account/email`, account.email)}</li>
<li class="row"><div><p class="what">${account.password}</p><p>${account.hidden}</p></div>${changeLink(visit, `${base}/account/password`, account.password)}</li>
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

function sessionsSection(visit: SignedInVisit, sessions: readonly ListedSession[]): Html {
  const { words, base, session } = visit
  const { account } = words
  const own = sessions.filter(({ id }) => id === session.sessionId)
  const others = sessions.filter(({ id }) => id !== session.sessionId)
  const endOthers = {
    action: `${base}/account/sessions/end-others`,
    submit: account.endOthers,
    kind: 'quiet',
  }
  const everywhere = {
    action: `${base}/account/sign-out-everywhere`,
    submit: account.signOutEverywhere,
    kind: 'quiet',
  }
  return html`<section aria-labelledby="sessions"><h2 id="sessions">${account.sessions}</h2>
<p class="hint">${account.sessionsLead}</p>
<ul class="rows">${[...own, ...others].map((each) => sessionRow(visit, each))}</ul>
<div class="buttons">${form(visit, { action: `${base}/account/sign-out`, submit: account.signOut })}${others.length > 0 && form(visit, endOthers)}${form(visit, everywhere)}</div>
</section>`
}

function sessionRow(visit: SignedInVisit, each: ListedSession): Html {
  const { words, base, session, locale } = visit
  const { account } = words
  const moment = new Intl.DateTimeFormat(dateLocales[locale], {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
    numberingSystem: 'latn',
  })
  const device = deviceOf(visit, each)
  const where = [each.place, each.network].filter((part) => part !== null && part !== '').join(' · ')
  const mine = each.id === session.sessionId
  const end = {
    action: `${base}/account/sessions/end`,
    submit: account.end,
    kind: 'quiet small',
    label: `${account.end}: ${device}`,
  }
  const id = html`<input type="hidden" name="session" value="${each.id}">`
  return html`<li class="row"><div>
<p><bdi>${device}</bdi>${mine && html` <span class="tag good">${account.thisSession}</span>`}</p>
<p class="what">${account.lastSeen(moment.format(each.lastSeenAt))}</p>
${where !== '' && html`<p class="what"><bdi dir="ltr">${where}</bdi></p>`}
</div>${!mine && form(visit, end, id)}</li>`
}

/** What people call a device, or what it says of itself. */
function deviceOf({ words }: SignedInVisit, { name, agent }: ListedSession): string {
  const { program, system } = agent
  if (name !== null) return name
  if (program !== null && system !== null) return words.account.device(program, system)
  return program ?? system ?? words.account.unknownDevice
}
