import { beginStepUp, stepUp } from '@iam/domain/session'
import Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { originOf } from '../../http/request-context.ts'
import { Assertion } from '../passkey-schemas.ts'
import {
  ChallengeToken,
  problems,
  RaisedAnswer,
  RecoveryCode,
  TenantHeader,
  tenantProblems,
  TotpCode,
} from '../schemas.ts'

const strict = { additionalProperties: false }

const schema = {
  summary: 'Prove one’s second factor in an open session',
  description:
    'Without a challenge it answers mfa_required with one; with the challenge and its answer, an access token that says so (acr, amr, auth_time). The refresh token goes on.',
  tags: ['session'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  body: Type.Union([
    Type.Object({ challenge: ChallengeToken, code: TotpCode }, strict),
    Type.Object({ challenge: ChallengeToken, recoveryCode: RecoveryCode }, strict),
    Type.Object({ challenge: ChallengeToken, passkey: Assertion }, strict),
    Type.Object({}, strict),
  ]),
  response: {
    200: RaisedAnswer,
    ...problems(
      'mfa_required',
      'challenge_invalid',
      'factor_invalid',
      'not_allowed',
      'invalid_token',
      'session_ended',
      'tenant_mismatch',
      'rate_limited',
      ...tenantProblems,
    ),
  },
}

export function stepUpRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/step-up', { schema }, async (request, reply) => {
    const { token, session } = await authenticate(deps, request)
    const { tenantId, userId, grantId } = token
    const open = { tenantId, userId, grantId, sessionId: session.sessionId, origin: originOf(request) }
    if (!('challenge' in request.body)) return beginStepUp(deps, open)
    const { challenge, ...answer } = request.body
    const raised = await stepUp(deps, { ...open, challenge, answer })
    reply.header('cache-control', 'no-store')
    return { ...raised, tokenType: 'Bearer' as const }
  })
}
