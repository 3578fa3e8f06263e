import { readChallenge } from '@iam/domain/challenge'
import { passkeyOptionsFor } from '@iam/domain/passkey'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { limit } from '../http/limit.ts'
import { toJson } from '../routes/begun-json.ts'
import { assertionIn } from './passkey-values.ts'
import { hidden } from './routes-are-hidden.ts'
import { answerSecondFactor, secondFactorAgain } from './second-factor.ts'
import { beginAgain, challengeOf } from './sign-in-step.ts'
import { submit } from './submit.ts'
import { formOf, openVisit } from './visit.ts'

const path = '/:slug/second-factor/passkey'

/** The second step of a sign-in by one of the person's passkeys. */
export function secondFactorPasskeyActions(app: App, deps: Deps): void {
  app.post(`${path}/options`, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    const { tenantId } = visit
    formOf(deps, visit)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    const { challenge: token, binding } = challengeOf(deps, visit)
    const challenge = await readChallenge(deps, { tenantId, token, kinds: ['second_factor'], binding })
    const options = await passkeyOptionsFor(deps, challenge)
    // The token stays in its cookie.
    return toJson({ challenge: '', options, expiresAt: challenge.expiresAt })
  })
  app.post(path, hidden, async (request, reply) => {
    const visit = await openVisit(deps, request, reply)
    return submit(deps, visit, {
      act: (sent) =>
        answerSecondFactor(deps, visit, { sent, answer: { passkey: assertionIn(sent).passkey } }),
      again: (sent, fault) => secondFactorAgain(deps, visit, { sent, fault }),
      says: { factor_invalid: { fault: 'passkey_wrong' }, passkey_invalid: { fault: 'passkey_wrong' } },
    }).catch((error: unknown) => beginAgain(visit, error))
  })
}
