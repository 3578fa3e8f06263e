import type { ListedSession } from '@iam/domain/session'
import { deviceIn, momentIn } from './device-words.ts'
import { field, form } from './fields.ts'
import { html, type Html } from './html.ts'
import { longestName } from './form-values.ts'
import type { SignedInVisit } from './visit.ts'

/** Where the account is signed in, with what ends each of the sessions and names it. */
export function sessionsSection(visit: SignedInVisit, sessions: readonly ListedSession[]): Html {
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
  const { words, base, session } = visit
  const { account } = words
  const device = deviceIn(words, each.agent)
  const what = each.name ?? device
  const mine = each.id === session.sessionId
  const end = {
    action: `${base}/account/sessions/end`,
    submit: account.end,
    kind: 'quiet small',
    label: `${account.end}: ${what}`,
  }
  const lines = [each.name !== null && html`<bdi>${device}</bdi>`, whenSeen(visit, each), whereOf(each)]
  return html`<li class="row"><div>
<p><bdi>${what}</bdi>${mine && html` <span class="tag good">${account.thisSession}</span>`}</p>
${lines.map((line) => line !== false && html`<p class="what">${line}</p>`)}
${nameForm(visit, each, what)}
</div>${!mine && form(visit, end, idOf(each))}</li>`
}

/** Folded away until somebody wants it, without a script. */
function nameForm(visit: SignedInVisit, each: ListedSession, what: string): Html {
  const { words, base } = visit
  const { naming } = words.account
  const name = field({
    id: `name-${each.id}`,
    name: 'name',
    label: naming.label,
    hint: naming.hint,
    autocomplete: 'off',
    longest: longestName,
    value: each.name ?? undefined,
  })
  const fields = [idOf(each), name]
  return html`<details><summary aria-label="${naming.open}: ${what}">${naming.open}</summary>
${form(visit, { action: `${base}/account/sessions/name`, submit: naming.submit, kind: 'quiet small' }, fields)}</details>`
}

function idOf({ id }: ListedSession): Html {
  return html`<input type="hidden" name="session" value="${id}">`
}

function whenSeen({ words, locale }: SignedInVisit, { lastSeenAt }: ListedSession): string {
  return words.account.lastSeen(momentIn(locale, lastSeenAt))
}

function whereOf({ place, network }: ListedSession): Html | false {
  const where = [place, network].filter((part) => part !== null && part !== '').join(' · ')
  return where !== '' && html`<bdi dir="ltr">${where}</bdi>`
}
