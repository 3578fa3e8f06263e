import { beginEnrolment, logInByEnrolling, logInWithFactor } from '@iam/domain/session'
import type { Id } from '@iam/domain/kit'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { tenantOfChallenge } from '../../http/challenge.ts'
import { keepKnownDevice } from '../../http/login-lane.ts'
import { isBrowser } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import { setTrustedCookie, trustedCookie } from '../../http/trusted-cookie.ts'
import { Assertion } from '../passkey-schemas.ts'
import {
  ChallengeToken,
  DeviceName,
  FactorId,
  problems,
  RecoveryCode,
  RecoveryCodes,
  TenantHeader,
  tenantProblems,
  TokenAnswer,
  TotpCode,
  TotpSetup,
} from '../schemas.ts'
import { answerTokens } from './answer-tokens.ts'

const strict = { additionalProperties: false }
const common = { tags: ['login'], headers: TenantHeader }
const refusals = [
  'challenge_invalid',
  'user_suspended',
  'login_refused',
  'location_not_allowed',
  'origin_not_allowed',
  'tenant_mismatch',
  'rate_limited',
  ...tenantProblems,
] as const

const TrustDevice = Type.Optional(
  Type.Boolean({
    description:
      'For a browser: ask for no second factor there for as long as the tenant lets people trust one.',
  }),
)

const verify = {
  ...common,
  summary: 'Answer the challenge of a login',
  description:
    'The second step after mfa_required: a code of the authenticator app, a recovery code, or a passkey, for which POST /api/v1/auth/mfa/challenge tells what to ask the browser. A challenge is answered once, and takes five wrong answers.',
  body: Type.Union([
    Type.Object({ challenge: ChallengeToken, code: TotpCode, trustDevice: TrustDevice }, strict),
    Type.Object({ challenge: ChallengeToken, recoveryCode: RecoveryCode, trustDevice: TrustDevice }, strict),
    Type.Object({ challenge: ChallengeToken, passkey: Assertion, trustDevice: TrustDevice }, strict),
  ]),
  response: {
    200: TokenAnswer,
    ...problems('factor_invalid', 'mfa_required', 'mfa_enrolment_required', ...refusals),
  },
}

const enrol = {
  ...common,
  summary: 'Begin to add the factor that a login asks for',
  description:
    'After mfa_enrolment_required. The secret is told once; the factor counts when a code of it is confirmed.',
  body: Type.Object({ challenge: ChallengeToken, name: Type.Optional(DeviceName) }, strict),
  response: { 200: TotpSetup, ...problems('not_allowed', 'wrong_state', 'not_found', ...refusals) },
}

const confirm = {
  ...common,
  summary: 'Confirm the factor that a login asks for',
  description: 'Opens the session that the login was for. The recovery codes are told once.',
  body: Type.Object({ challenge: ChallengeToken, factor: FactorId, code: TotpCode }, strict),
  response: {
    200: Type.Object({ ...TokenAnswer.properties, recoveryCodes: RecoveryCodes }),
    ...problems('factor_invalid', 'not_found', 'mfa_required', 'mfa_enrolment_required', ...refusals),
  },
}

export function mfaRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/auth/mfa/verify', { schema: verify }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const { challenge, trustDevice, ...answer } = request.body
    const tenantId = await tenantOfChallenge(deps, request, challenge)
    const trust = browser && trustDevice === true ? { kept: trustedCookie(request, tenantId) } : undefined
    const opened = await logInWithFactor(deps, {
      tenantId,
      challenge,
      answer,
      trust,
      origin: originOf(request),
    })
    setTrustedCookie(reply, tenantId, opened.trusted)
    if (browser) keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
    return answerTokens(reply, opened, { browser })
  })
  app.post('/api/v1/auth/mfa/enrol', { schema: enrol }, async (request, reply) => {
    isBrowser(deps, request)
    const { challenge, name } = request.body
    const tenantId = await tenantOfChallenge(deps, request, challenge)
    const setup = await beginEnrolment(deps, { tenantId, challenge, name, origin: originOf(request) })
    reply.header('cache-control', 'no-store')
    return { ...setup, expiresAt: setup.expiresAt.toISOString() }
  })
  app.post('/api/v1/auth/mfa/enrol/confirm', { schema: confirm }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const { challenge, factor, code } = request.body
    const tenantId = await tenantOfChallenge(deps, request, challenge)
    const added = { factorId: factor as Id<'mfa'>, code }
    const opened = await logInByEnrolling(deps, { tenantId, challenge, added, origin: originOf(request) })
    if (browser) keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
    return { ...answerTokens(reply, opened, { browser }), recoveryCodes: [...opened.recoveryCodes] }
  })
}
