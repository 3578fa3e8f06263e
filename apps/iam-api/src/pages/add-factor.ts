import type { Id } from '@iam/domain/kit'
import {
  beginEnrolment,
  findPendingLogin,
  logInBrowserByEnrolling,
  type AddedFactor,
} from '@iam/domain/session'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie } from '../http/session-cookie.ts'
import { show, type View } from './answer.ts'
import { nextField, recoveryCodesView, setupView, totpCodeIn } from './factor-parts.ts'
import { faultNotice, form, type Fault } from './fields.ts'
import type { FormBody } from './form-body.ts'
import { html } from './html.ts'
import { nextPageOf } from './next-page.ts'
import { passkeyForm } from './passkey-form.ts'
import { allowPasskeyScript, passkeyScriptPath } from './passkey-script.ts'
import { hidden } from './routes-are-hidden.ts'
import { beginAgain, challengeOf, holdSession, toNextStep } from './sign-in-step.ts'
import { submit } from './submit.ts'
import { openVisit, type Visit } from './visit.ts'

const page = '/:slug/add-factor'

/** The second step of a sign-in where a factor is required and the person has none: they add one. */
export function addFactorPage(app: App, deps: Deps): void {
  app.get(page, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return Promise.resolve()
      .then(() => findPendingLogin(deps, { ...named(deps, visit), kind: 'factor_enrol' }))
      .then(
        () => show(visit, addFactorView(deps, visit)),
        (error: unknown) => beginAgain(visit, error),
      )
  })
  app.post(page, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return submit(deps, visit, {
      act: (sent) => (sent.has('factor') ? confirm(deps, visit, sent) : begin(deps, visit)),
      again: (sent, fault) => {
        const factorId = sent.get('factor')
        return factorId === undefined
          ? addFactorView(deps, visit, fault)
          : setupView(visit, { ...asked(visit), factorId }, fault)
      },
      says: {
        factor_invalid: { field: 'code', fault: 'factor_wrong' },
        not_found: { fault: 'setup_expired' },
      },
    }).catch((error: unknown) => beginAgain(visit, error))
  })
}

const named = (deps: Deps, visit: Visit) => ({ tenantId: visit.tenantId, ...challengeOf(deps, visit) })
const asked = ({ base }: Visit) => ({ action: `${base}/add-factor`, setup: undefined })

async function begin(deps: Deps, visit: Visit): Promise<FastifyReply> {
  const setup = await beginEnrolment(deps, { ...named(deps, visit), origin: originOf(visit.request) })
  return show(visit, setupView(visit, { ...asked(visit), setup, factorId: setup.id }))
}

function confirm(deps: Deps, visit: Visit, sent: FormBody): Promise<FastifyReply> {
  const factorId = (sent.get('factor') ?? '') as Id<'mfa'>
  return enrol(deps, visit, { factorId, code: totpCodeIn(sent) })
}

/** Ends the sign-in by the factor that was added, and shows the recovery codes that came with it. */
export async function enrol(deps: Deps, visit: Visit, added: AddedFactor): Promise<FastifyReply> {
  const { request, tenantId } = visit
  const step = {
    ...named(deps, visit),
    added,
    previous: sessionCookie(request, tenantId),
    origin: originOf(request),
  }
  return logInBrowserByEnrolling(deps, step).then(
    (opened) => {
      holdSession(deps, visit, opened)
      const { path: next } = nextPageOf(request)
      return show(visit, recoveryCodesView(visit, { codes: opened.recoveryCodes, next }))
    },
    (error: unknown) => toNextStep(visit, error),
  )
}

/** What can be added. A passkey takes the browser's script: without it the app is there. */
export function addFactorView(deps: Deps, visit: Visit, fault?: Fault): View {
  const { words, base } = visit
  const { title, lead, submit: label, orPasskey } = words.addFactor
  const action = `${base}/add-factor`
  const passkey = {
    ceremony: 'create',
    action: `${action}/passkey`,
    submit: words.addPasskey.submit,
  } as const
  allowPasskeyScript(deps, visit.reply)
  return {
    title,
    script: passkeyScriptPath,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action, submit: label }, nextField(visit))}
${passkeyForm(visit, passkey, [html`<p>${orPasskey}</p>`, nextField(visit)])}`,
  }
}
