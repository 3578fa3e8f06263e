import {
  addTotp,
  confirmTotpInBrowser,
  listFactors,
  removeFactor,
  renameFactor,
  renewRecoveryCodes,
  type FactorList,
  type ListedFactor,
} from '@iam/domain/account'
import type { Id } from '@iam/domain/kit'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { setSessionCookie } from '../http/session-cookie.ts'
import { goTo, show, takeFlash, type View } from './answer.ts'
import { dateLocales } from './date-locales.ts'
import { recoveryCodesView, setupView, totpCodeIn } from './factor-parts.ts'
import { faultNotice, field, form, goodNotice, type Fault } from './fields.ts'
import type { FormBody } from './form-body.ts'
import { nameIn } from './form-values.ts'
import { html, type Html } from './html.ts'
import { hidden } from './routes-are-hidden.ts'
import { recentlySignedIn } from './signed-in.ts'
import { submit, type Submission } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

const page = '/:slug/account/factors'
const longestName = 128

/** A person's second factors: which they have, a new one, and recovery codes. Behind a recent and strong sign-in. */
export function factorsPage(app: App, deps: Deps): void {
  const list = recentlySignedIn(deps, async (visit) => show(visit, await listView(deps, visit)))
  app.get(page, hidden, list)
  for (const path of Object.keys(says)) app.get(`${page}/${path}`, hidden, list)
  const take = (path: keyof typeof says, act: Act) =>
    app.post(
      `${page}/${path}`,
      hidden,
      recentlySignedIn(deps, (visit) =>
        submit(deps, visit, submissionOf(deps, visit, { act: (sent) => act(visit, sent), says: says[path] })),
      ),
    )
  take('add', (visit, sent) => (sent.has('factor') ? confirm(deps, visit, sent) : begin(deps, visit)))
  take('name', async (visit, sent) => {
    await renameFactor(deps, { ...callOf(visit), ...named(sent), name: nameIn(sent) })
    return goTo(visit, 'account/factors')
  })
  take('remove', async (visit, sent) => {
    await removeFactor(deps, { ...callOf(visit), ...named(sent) })
    return goTo(visit, 'account/factors', { notice: 'factor_removed' })
  })
  take('recovery-codes', async (visit) => {
    const codes = await renewRecoveryCodes(deps, callOf(visit))
    return show(visit, recoveryCodesView(visit, { codes, next: 'account/factors' }))
  })
}

type Act = (visit: SignedInVisit, sent: FormBody) => Promise<FastifyReply>

/** What each form says to what it is refused. */
const says = {
  add: {
    factor_invalid: { field: 'code', fault: 'factor_wrong' },
    not_found: { fault: 'setup_expired' },
    not_allowed: { fault: 'factors_off' },
    wrong_state: { fault: 'factors_full' },
  },
  name: { not_found: { fault: 'factor_gone' } },
  remove: { not_found: { fault: 'factor_gone' }, not_allowed: { fault: 'factor_required' } },
  'recovery-codes': { wrong_state: { fault: 'factor_first' } },
} as const satisfies Record<string, Submission['says']>

function submissionOf(
  deps: Deps,
  visit: SignedInVisit,
  { act, says }: Pick<Submission, 'act' | 'says'>,
): Submission {
  return {
    act,
    again: (sent, fault) => {
      const factorId = sent.get('factor')
      const isSetup = sent.has('code') && factorId !== undefined
      return isSetup ? setupView(visit, { ...asked(visit), factorId }, fault) : listView(deps, visit, fault)
    },
    ...(says === undefined ? {} : { says }),
  }
}

const asked = ({ base }: SignedInVisit) => ({ action: `${base}/account/factors/add`, setup: undefined })
const named = (sent: FormBody) => ({ factorId: (sent.get('factor') ?? '') as Id<'mfa'> })

function callOf({ tenantId, session, request }: SignedInVisit) {
  const { userId, authTime, amr } = session
  return { tenantId, userId, login: { authTime, amr }, origin: originOf(request) }
}

async function begin(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const setup = await addTotp(deps, callOf(visit))
  return show(visit, setupView(visit, { ...asked(visit), setup, factorId: setup.id }))
}

async function confirm(deps: Deps, visit: SignedInVisit, sent: FormBody): Promise<FastifyReply> {
  const { reply, tenantId, session } = visit
  const { sessionId } = session
  const confirming = { ...callOf(visit), ...named(sent), sessionId, code: totpCodeIn(sent) }
  const { recoveryCodes, raised } = await confirmTotpInBrowser(deps, confirming)
  if (raised !== undefined) setSessionCookie(reply, tenantId, raised)
  if (recoveryCodes === undefined) return goTo(visit, 'account/factors', { notice: 'factor_added' })
  return show(visit, recoveryCodesView(visit, { codes: recoveryCodes, next: 'account' }))
}

async function listView(deps: Deps, visit: SignedInVisit, fault?: Fault): Promise<View> {
  const { words, base, tenantId, tenant, session } = visit
  const list = await listFactors(deps, { tenantId, userId: session.userId })
  const { title, lead, none } = words.factors
  return {
    title,
    wide: true,
    content: html`<h1>${title}</h1>
<p class="lead">${tenant.secondFactors ? lead : words.faults.factors_off}</p>
${goodNotice(takeFlash(visit).said)}
${faultNotice(fault)}
<section aria-labelledby="held"><h2 id="held">${words.factors.held}</h2>
${list.items.length === 0 ? html`<p class="lead">${none}</p>` : html`<ul class="rows">${list.items.map((factor) => row(visit, factor))}</ul>`}
${tenant.secondFactors && adding(visit)}
</section>
${list.items.length > 0 && codesSection(visit, list)}
<p class="more"><a href="${base}/account">${words.account.back}</a></p>`,
  }
}

function adding(visit: SignedInVisit): Html {
  const { words, base } = visit
  return html`${form(visit, { action: `${base}/account/factors/add`, submit: words.factors.add })}
<p class="more"><a href="${base}/account/factors/passkey">${words.addPasskey.open}</a></p>`
}

function row(visit: SignedInVisit, { id, kind, name, createdAt, disabled }: ListedFactor): Html {
  const { words, base, locale } = visit
  const { factors } = words
  const day = new Intl.DateTimeFormat(dateLocales[locale], {
    dateStyle: 'long',
    timeZone: 'UTC',
    numberingSystem: 'latn',
  })
  const called = name ?? factors.kinds[kind]
  const factor = html`<input type="hidden" name="factor" value="${id}">`
  const label = factors.name
  const nameField = field(
    { name: 'name', id: `name-${id}`, label, autocomplete: 'off', longest: longestName, value: name ?? '' },
    undefined,
  )
  const renaming = { action: `${base}/account/factors/name`, submit: factors.rename, kind: 'quiet small' }
  const removing = { action: `${base}/account/factors/remove`, submit: factors.remove, kind: 'quiet small' }
  return html`<li class="row"><div><p><bdi>${called}</bdi> ${disabled && html`<span class="tag">${factors.disabled}</span>`}</p>
<p class="what">${factors.since(day.format(createdAt))}</p>
<details><summary>${factors.rename}</summary>${form(visit, renaming, [factor, nameField])}</details></div>
${form(visit, { ...removing, label: `${factors.remove}: ${called}` }, factor)}</li>`
}

function codesSection(visit: SignedInVisit, { recoveryCodesLeft }: FactorList): Html {
  const { words, base } = visit
  const { recovery, left, renew } = words.factors
  const renewing = { action: `${base}/account/factors/recovery-codes`, submit: renew, kind: 'quiet' }
  return html`<section aria-labelledby="codes"><h2 id="codes">${recovery}</h2>
<p class="what">${left(recoveryCodesLeft)}</p>
${form(visit, renewing)}</section>`
}
