import { endBrowserSession, endOwnSession, logOutEverywhere } from '@iam/domain/session'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { clearSessionCookie, sessionCookie } from '../http/session-cookie.ts'
import { accountView } from './account.ts'
import { goTo } from './answer.ts'
import type { FormBody } from './form-body.ts'
import { withNamedSession } from './named-session.ts'
import { hidden } from './routes-are-hidden.ts'
import { signedIn } from './signed-in.ts'
import { submit } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

type Act = (deps: Deps, visit: SignedInVisit, sent: FormBody) => Promise<FastifyReply>

/** The account's buttons that end sessions: this one, another, all others, all. */
const actions: Readonly<Record<string, Act>> = {
  'sign-out': signOut,
  'sign-out-everywhere': signOutEverywhere,
  'sessions/end': endOne,
  'sessions/end-others': endOthers,
}

export function endSessionsActions(app: App, deps: Deps): void {
  for (const [path, act] of Object.entries(actions)) {
    app.post(
      `/:slug/account/${path}`,
      hidden,
      signedIn(deps, (visit) =>
        submit(deps, visit, {
          act: (sent) => act(deps, visit, sent),
          again: (_sent, fault) => accountView(deps, visit, fault),
        }),
      ),
    )
  }
}

async function signOut(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { request, reply, tenantId } = visit
  const token = sessionCookie(request, tenantId) ?? ''
  await endBrowserSession(deps, { tenantId, token, origin: originOf(request) })
  clearSessionCookie(reply, tenantId)
  return goTo(visit, 'signed-out', { notice: 'signed_out' })
}

async function signOutEverywhere(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { request, reply, tenantId, session } = visit
  await logOutEverywhere(deps, { tenantId, userId: session.userId, origin: originOf(request) })
  clearSessionCookie(reply, tenantId)
  return goTo(visit, 'signed-out', { notice: 'signed_out_everywhere' })
}

async function endOne(deps: Deps, visit: SignedInVisit, sent: FormBody): Promise<FastifyReply> {
  const { request, tenantId, session } = visit
  const person = { tenantId, userId: session.userId, origin: originOf(request) }
  // One that has ended already is what was asked for.
  await withNamedSession(sent, (sessionId) => endOwnSession(deps, { ...person, sessionId }))
  return goTo(visit, 'account', { notice: 'session_ended' })
}

async function endOthers(deps: Deps, visit: SignedInVisit): Promise<FastifyReply> {
  const { request, tenantId, session } = visit
  const { userId, sessionId } = session
  await logOutEverywhere(deps, { tenantId, userId, except: sessionId, origin: originOf(request) })
  return goTo(visit, 'account', { notice: 'others_ended' })
}
