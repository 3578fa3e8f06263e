import {
  findPendingLogin,
  logInBrowserWithFactor,
  type ChallengeAnswer,
  type PendingLogin,
} from '@iam/domain/session'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie } from '../http/session-cookie.ts'
import { setTrustedCookie, trustedCookie } from '../http/trusted-cookie.ts'
import { show, type View } from './answer.ts'
import { nextField, totpCodeIn, totpField } from './factor-parts.ts'
import { faultNotice, field, form, type Fault } from './fields.ts'
import type { FormBody } from './form-body.ts'
import { codeIn } from './form-values.ts'
import { html, type Content } from './html.ts'
import { mailedCodeView } from './mailed-code.ts'
import { passkeyForm } from './passkey-form.ts'
import { allowPasskeyScript, passkeyScriptPath } from './passkey-script.ts'
import { hidden } from './routes-are-hidden.ts'
import { beginAgain, challengeOf, finishSignIn, toNextStep, withNext } from './sign-in-step.ts'
import { FieldFault, submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

const page = '/:slug/second-factor'

/** The second step of a sign-in: the code of an authenticator app, or a recovery code in its place. */
export function secondFactorPage(app: App, deps: Deps): void {
  app.get(page, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return pendingOf(deps, visit).then(
      (pending) => show(visit, view(deps, visit, { pending, ...askedFor(visit, pending) })),
      (error: unknown) => beginAgain(visit, error),
    )
  })
  app.post(page, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return submit(deps, visit, {
      act: (sent) => take(deps, visit, sent),
      again: (sent, fault) => secondFactorAgain(deps, visit, { sent, fault }),
      says: { factor_invalid: { fault: 'factor_wrong' } },
    }).catch((error: unknown) => beginAgain(visit, error))
  })
}

/** The page again, with what was wrong. */
export async function secondFactorAgain(
  deps: Deps,
  visit: Visit,
  { sent, fault }: { readonly sent: FormBody; readonly fault: Fault },
): Promise<View> {
  if (sent.has('mailed')) return mailedCodeView(visit, wrongMailed(visit, fault))
  const pending = await pendingOf(deps, visit).catch(() => nothing)
  const byRecovery = sent.has('recoveryCode') || !pending.factors.includes('totp')
  return view(deps, visit, { pending, byRecovery }, fault)
}

const nothing: PendingLogin = { factors: ['totp', 'recovery'] }

async function pendingOf(deps: Deps, visit: Visit): Promise<PendingLogin> {
  const { tenantId } = visit
  return findPendingLogin(deps, { tenantId, ...challengeOf(deps, visit), kind: 'second_factor' })
}

function askedFor({ request }: Visit, { factors }: PendingLogin): { byRecovery: boolean } {
  const { with: wanted } = request.query as { with?: unknown }
  return { byRecovery: wanted === 'recovery' || !factors.includes('totp') }
}

async function take(deps: Deps, visit: Visit, sent: FormBody): Promise<FastifyReply> {
  return answerSecondFactor(deps, visit, { sent, answer: answerIn(sent) })
}

/** Ends the sign-in by a right answer, and trusts the browser from then on where its person wants that. */
export async function answerSecondFactor(
  deps: Deps,
  visit: Visit,
  { sent, answer }: { readonly sent: FormBody; readonly answer: ChallengeAnswer },
): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  const trust = sent.has('trust') ? { kept: trustedCookie(request, tenantId) } : undefined
  const step = { tenantId, ...challengeOf(deps, visit), answer, trust, origin: originOf(request) }
  return logInBrowserWithFactor(deps, { ...step, previous: sessionCookie(request, tenantId) }).then(
    (opened) => {
      setTrustedCookie(reply, tenantId, opened.trusted)
      return finishSignIn(deps, visit, opened)
    },
    (error: unknown) => toNextStep(visit, error),
  )
}

function answerIn(sent: FormBody): { readonly code: string } | { readonly recoveryCode: string } {
  if (sent.has('recoveryCode')) return { recoveryCode: recoveryCodeIn(sent) }
  return { code: sent.has('mailed') ? codeIn(sent) : totpCodeIn(sent) }
}

/** There is no next one to wait for. */
function wrongMailed({ words }: Visit, fault: Fault): Fault {
  const { factor_wrong: ofApp, code_wrong: sentence } = words.faults
  return fault.sentence === ofApp ? { field: 'code', sentence } : fault
}

function recoveryCodeIn(sent: FormBody): string {
  const code = (sent.get('recoveryCode') ?? '').trim()
  if (code === '' || code.length > 64) throw new FieldFault('recoveryCode', 'recovery_malformed')
  return code
}

function view(
  deps: Deps,
  visit: Visit,
  { pending, byRecovery }: { pending: PendingLogin; byRecovery: boolean },
  fault?: Fault,
): View {
  if (pending.factors.includes('email')) return mailedCodeView(visit, fault)
  const { words, base } = visit
  const { title, lead, recoveryLead, submit: label, lost } = words.secondFactor
  const { factors } = pending
  const hasPasskey = factors.includes('passkey')
  if (hasPasskey) allowPasskeyScript(deps, visit.reply)
  const fields = [
    nextField(visit),
    byRecovery ? recoveryField(visit, fault) : totpField(visit, fault),
    trustBox(visit, 'trust'),
  ]
  return {
    title,
    ...(hasPasskey ? { script: passkeyScriptPath } : {}),
    content: html`<h1>${title}</h1>
<p class="lead">${byRecovery ? recoveryLead : lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/second-factor`, submit: label }, fields)}
${hasPasskey && passkeyStep(visit)}
${otherWay(visit, { byRecovery, factors })}
<p class="more">${lost} <a href="${base}/${withNext(visit, 'sign-in')}">${words.secondFactor.startOver}</a></p>`,
  }
}

/** By one of the person's passkeys, where the browser has a script to ask for it. */
function passkeyStep(visit: Visit): Content {
  const { base, words } = visit
  const action = `${base}/second-factor/passkey`
  const fields = [nextField(visit), trustBox(visit, 'trust-passkey')]
  return passkeyForm(visit, { ceremony: 'get', action, submit: words.passkeys.secondStep }, fields)
}

function recoveryField({ words }: Visit, fault: Fault | undefined): Content {
  const { recoveryCode: label } = words.fields
  return field({ name: 'recoveryCode', label, autocomplete: 'off', first: true }, fault)
}

function otherWay(
  visit: Visit,
  { byRecovery, factors }: { byRecovery: boolean; factors: PendingLogin['factors'] },
): Content {
  const { byCode, byRecovery: recovery } = visit.words.secondFactor
  const path = `${visit.base}/${withNext(visit, 'second-factor')}`
  if (byRecovery) return factors.includes('totp') && html`<p class="more"><a href="${path}">${byCode}</a></p>`
  const glue = path.includes('?') ? '&' : '?'
  return (
    factors.includes('recovery') &&
    html`<p class="more"><a href="${path}${glue}with=recovery">${recovery}</a></p>`
  )
}

/** That this browser is to be asked no more, where the tenant lets people say so. */
function trustBox({ words, tenant }: Visit, id: string): Content {
  const { trustedDeviceDays: days } = tenant
  if (days === 0) return undefined
  return html`<div class="choice"><input type="checkbox" id="${id}" name="trust" value="yes"><label for="${id}">${words.secondFactor.trust(days)}</label></div>`
}
