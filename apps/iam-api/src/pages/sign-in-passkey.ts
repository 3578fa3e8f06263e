import { beginPasskeyLogin } from '@iam/domain/passkey'
import { logInBrowserWithPasskey } from '@iam/domain/session'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { bindingOf, clearFormCookie } from '../http/form-token.ts'
import { limit } from '../http/limit.ts'
import { keepKnownDevice } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie, setSessionCookie } from '../http/session-cookie.ts'
import { toJson } from '../routes/begun-json.ts'
import { goTo } from './answer.ts'
import { nextPageOf } from './next-page.ts'
import { assertionIn } from './passkey-values.ts'
import { hidden } from './routes-are-hidden.ts'
import { signInView } from './sign-in.ts'
import { submit } from './submit.ts'
import { formOf, openVisit } from './visit.ts'

/** Signs in with a passkey, whether the person asked for it or chose it in the field for the address. */
export function signInPasskeyActions(app: App, deps: Deps): void {
  app.post('/:slug/sign-in/passkey/options', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId, session } = visit
    formOf(deps, visit)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    return toJson(
      await beginPasskeyLogin(deps, { tenantId, binding: bindingOf(deps, request, { tenantId, session }) }),
    )
  })
  app.post('/:slug/sign-in/passkey', hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return submit(deps, visit, {
      act: async (sent) => {
        const { tenantId, session } = visit
        await limit(deps, { request, reply, tenantId }, 'passkey')
        const { challenge, passkey: assertion } = assertionIn(sent)
        const opened = await logInBrowserWithPasskey(deps, {
          tenantId,
          challenge,
          assertion,
          binding: bindingOf(deps, request, { tenantId, session }),
          previous: sessionCookie(request, tenantId),
          origin: originOf(request),
        })
        setSessionCookie(reply, opened)
        clearFormCookie(reply, tenantId)
        keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
        return goTo(visit, nextPageOf(request).path)
      },
      again: (_sent, fault) => signInView(deps, visit, fault),
      says: { passkey_invalid: { fault: 'passkey_wrong' }, challenge_invalid: { fault: 'passkey_late' } },
    })
  })
}
