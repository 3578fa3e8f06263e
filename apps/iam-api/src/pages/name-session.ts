import { renameSession } from '@iam/domain/session'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { originOf } from '../http/request-context.ts'
import { accountView } from './account.ts'
import { goTo } from './answer.ts'
import type { FormBody } from './form-body.ts'
import { nameIn } from './form-values.ts'
import { withNamedSession } from './named-session.ts'
import { hidden } from './routes-are-hidden.ts'
import { signedIn } from './signed-in.ts'
import { submit } from './submit.ts'
import type { SignedInVisit } from './visit.ts'

/** The account's forms that give a session a name to recognise it by, or take the name away. */
export function nameSessionAction(app: App, deps: Deps): void {
  app.post(
    '/:slug/account/sessions/name',
    hidden,
    signedIn(deps, (visit) =>
      submit(deps, visit, {
        act: (sent) => nameSession(deps, visit, sent),
        again: (_sent, fault) => accountView(deps, visit, fault),
      }),
    ),
  )
}

async function nameSession(deps: Deps, visit: SignedInVisit, sent: FormBody) {
  const { request, tenantId, session } = visit
  const name = nameIn(sent)
  const person = { tenantId, userId: session.userId, origin: originOf(request) }
  const stands = await withNamedSession(sent, (sessionId) =>
    renameSession(deps, { ...person, sessionId, name }),
  )
  const done = name === null ? 'name_removed' : 'session_named'
  return goTo(visit, 'account', { notice: stands ? done : 'session_ended' })
}
