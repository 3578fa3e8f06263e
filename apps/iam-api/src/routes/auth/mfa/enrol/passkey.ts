import { beginPasskeyEnrolment, logInByEnrolling } from '@iam/domain/session'
import * as Type from 'typebox'
import type { App } from '../../../../app.ts'
import type { Deps } from '../../../../deps.ts'
import { tenantOfChallenge } from '../../../../http/challenge.ts'
import { limit } from '../../../../http/limit.ts'
import { keepKnownDevice } from '../../../../http/login-lane.ts'
import { isBrowser } from '../../../../http/refresh-cookie.ts'
import { originOf } from '../../../../http/request-context.ts'
import { toJson } from '../../../begun-json.ts'
import { PasskeySetup, Registration } from '../../../passkey-schemas.ts'
import {
  ChallengeToken,
  DeviceName,
  problems,
  RecoveryCodes,
  TenantHeader,
  tenantProblems,
  TokenAnswer,
} from '../../../schemas.ts'
import { answerTokens } from '../../answer-tokens.ts'

const strict = { additionalProperties: false }
const common = { tags: ['login'], headers: TenantHeader }
const refusals = [
  'challenge_invalid',
  'user_suspended',
  'origin_not_allowed',
  'tenant_mismatch',
  'rate_limited',
  'wrong_state',
  ...tenantProblems,
] as const

const options = {
  ...common,
  summary: 'Begin to add the passkey that a login asks for',
  description:
    'After mfa_enrolment_required, in place of an authenticator app. Tells what to ask the browser; the challenge is the login’s own.',
  body: Type.Object({ challenge: ChallengeToken }, strict),
  response: { 200: PasskeySetup, ...problems('not_allowed', 'not_found', ...refusals) },
}

const add = {
  ...common,
  summary: 'Add the passkey that a login asks for',
  description: 'Opens the session that the login was for. The recovery codes are told once.',
  body: Type.Object(
    { challenge: ChallengeToken, passkey: Registration, name: Type.Optional(DeviceName) },
    strict,
  ),
  response: {
    200: Type.Object({ ...TokenAnswer.properties, recoveryCodes: RecoveryCodes }),
    ...problems(
      'passkey_invalid',
      'mfa_required',
      'mfa_enrolment_required',
      'login_refused',
      'location_not_allowed',
      ...refusals,
    ),
  },
}

const path = '/api/v1/auth/mfa/enrol/passkey'

export function enrolPasskeyRoutes(app: App, deps: Deps): void {
  app.post(`${path}/options`, { schema: options }, async (request, reply) => {
    isBrowser(deps, request)
    const { challenge } = request.body
    const tenantId = await tenantOfChallenge(deps, request, challenge)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    const setup = await beginPasskeyEnrolment(deps, { tenantId, challenge, origin: originOf(request) })
    reply.header('cache-control', 'no-store')
    return toJson(setup)
  })
  app.post(path, { schema: add }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const { challenge, passkey: registration, name } = request.body
    const tenantId = await tenantOfChallenge(deps, request, challenge)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    const added = { registration, name }
    const opened = await logInByEnrolling(deps, { tenantId, challenge, added, origin: originOf(request) })
    if (browser) keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
    return { ...answerTokens(reply, opened, { browser }), recoveryCodes: [...opened.recoveryCodes] }
  })
}
