import { readChallenge } from '@iam/domain/challenge'
import { passkeyOptionsFor } from '@iam/domain/passkey'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { tenantOfChallenge } from '../../../http/challenge.ts'
import { isBrowser } from '../../../http/refresh-cookie.ts'
import { toJson } from '../../begun-json.ts'
import { PasskeyRequest } from '../../passkey-schemas.ts'
import { ChallengeToken, problems, TenantHeader, tenantProblems } from '../../schemas.ts'

const schema = {
  summary: 'Begin to answer a challenge with a passkey',
  description:
    'What the browser asks for one of the person’s passkeys by. Its answer goes with the same challenge to mfa/verify. Nothing has to be begun for codes.',
  tags: ['login'],
  headers: TenantHeader,
  body: Type.Object({ challenge: ChallengeToken }, { additionalProperties: false }),
  response: {
    200: PasskeyRequest,
    ...problems(
      'challenge_invalid',
      'wrong_state',
      'origin_not_allowed',
      'tenant_mismatch',
      ...tenantProblems,
    ),
  },
}

export function mfaChallengeRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/mfa/challenge', { schema }, async (request, reply) => {
    isBrowser(deps, request)
    const { challenge: token } = request.body
    const tenantId = await tenantOfChallenge(deps, request, token)
    const challenge = await readChallenge(deps, { tenantId, token, kinds: ['second_factor', 'step_up'] })
    const options = await passkeyOptionsFor(deps, challenge)
    reply.header('cache-control', 'no-store')
    return toJson({ challenge: token, options, expiresAt: challenge.expiresAt })
  })
}
