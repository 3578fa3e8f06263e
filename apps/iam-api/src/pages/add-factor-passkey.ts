import { beginPasskeyEnrolment } from '@iam/domain/session'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { toJson } from '../routes/begun-json.ts'
import { addFactorView, enrol } from './add-factor.ts'
import { registrationIn } from './passkey-values.ts'
import { hidden } from './routes-are-hidden.ts'
import { beginAgain, challengeOf } from './sign-in-step.ts'
import { submit } from './submit.ts'
import { formOf, openVisit } from './visit.ts'

const path = '/:slug/add-factor/passkey'

/** The second step of a sign-in where a factor is required and the person has none: they add a passkey. */
export function addFactorPasskeyActions(app: App, deps: Deps): void {
  app.post(`${path}/options`, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId } = visit
    formOf(deps, visit)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    const step = { tenantId, ...challengeOf(deps, visit), origin: originOf(request) }
    // The token stays in its cookie.
    return toJson({ ...(await beginPasskeyEnrolment(deps, step)), challenge: '' })
  })
  app.post(path, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return submit(deps, visit, {
      act: async (sent) => {
        await limit(deps, { request, reply, tenantId: visit.tenantId }, 'passkey')
        return enrol(deps, visit, { registration: registrationIn(sent).passkey })
      },
      again: (_sent, fault) => addFactorView(deps, visit, fault),
      says: { passkey_invalid: { fault: 'passkey_refused' } },
    }).catch((error: unknown) => beginAgain(visit, error))
  })
}
