import { beginStepUp, stepUp, type RaisedSession, type StepUp } from '@iam/domain/session'
import * as Type from 'typebox'
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

const MaxAge = Type.Integer({
  minimum: 0,
  maximum: 86_400,
  description:
    'How many seconds ago the second factor may have been shown (RFC 9470 max_age). Where it was, the answer is an access token that says so, and nothing is asked.',
})

const Body = Type.Union([
  Type.Object({ challenge: ChallengeToken, code: TotpCode }, strict),
  Type.Object({ challenge: ChallengeToken, recoveryCode: RecoveryCode }, strict),
  Type.Object({ challenge: ChallengeToken, passkey: Assertion }, strict),
  Type.Object({ maxAge: Type.Optional(MaxAge) }, strict),
])
type Body = Type.Static<typeof Body>

const schema = {
  summary: 'Prove one’s second factor in an open session',
  description:
    'Without a challenge it answers mfa_required with one, unless maxAge says that an earlier proof will do; with the challenge and its answer, an access token that says so (acr, amr, auth_time). The refresh token goes on.',
  tags: ['session'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  body: Body,
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
    const raised = await raise(deps, open, request.body)
    reply.header('cache-control', 'no-store')
    return { ...raised, tokenType: 'Bearer' as const }
  })
}

/** Answers the challenge that the body names, or asks for one. */
function raise(deps: Deps, open: StepUp, body: Body): Promise<RaisedSession> {
  if (!('challenge' in body)) return beginStepUp(deps, { ...open, ...body })
  const { challenge, ...answer } = body
  return stepUp(deps, { ...open, challenge, answer })
}
