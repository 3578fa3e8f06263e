import type { Id } from '@iam/domain/kit'
import { beginEnrolment, findPendingLogin, logInBrowserByEnrolling } from '@iam/domain/session'
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
        () => show(visit, view(visit)),
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
          ? view(visit, fault)
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

async function confirm(deps: Deps, visit: Visit, sent: FormBody): Promise<FastifyReply> {
  const { request, tenantId } = visit
  const step = {
    ...named(deps, visit),
    factorId: (sent.get('factor') ?? '') as Id<'mfa'>,
    code: totpCodeIn(sent),
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

function view(visit: Visit, fault?: Fault): View {
  const { words, base } = visit
  const { title, lead, submit: label } = words.addFactor
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/add-factor`, submit: label }, nextField(visit))}`,
  }
}
