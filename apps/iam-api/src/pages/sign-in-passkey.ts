import { beginPasskeyLogin } from '@iam/domain/passkey'
import { logInBrowserWithPasskey } from '@iam/domain/session'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { bindingOf } from '../http/form-token.ts'
import { limit } from '../http/limit.ts'
import { deviceCookie } from '../http/login-lane.ts'
import { originOf } from '../http/request-context.ts'
import { sessionCookie } from '../http/session-cookie.ts'
import { toJson } from '../routes/begun-json.ts'
import { assertionIn } from './passkey-values.ts'
import { hidden } from './routes-are-hidden.ts'
import { finishSignIn, toNextStep } from './sign-in-step.ts'
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
        return logInBrowserWithPasskey(deps, {
          tenantId,
          challenge,
          assertion,
          binding: bindingOf(deps, request, { tenantId, session }),
          knownBy: deviceCookie(request, tenantId),
          previous: sessionCookie(request, tenantId),
          origin: originOf(request),
        }).then(
          (opened) => finishSignIn(deps, visit, opened),
          (error: unknown) => toNextStep(visit, error),
        )
      },
      again: (_sent, fault) => signInView(deps, visit, fault),
      says: { passkey_invalid: { fault: 'passkey_wrong' }, challenge_invalid: { fault: 'passkey_late' } },
    })
  })
}
