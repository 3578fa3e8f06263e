import { beginPasskeyLogin } from '@iam/domain/passkey'
import { logInWithPasskey } from '@iam/domain/session'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { limit } from '../../http/limit.ts'
import { deviceCookie, keepKnownDevice } from '../../http/login-lane.ts'
import { isBrowser } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import { Assertion, PasskeyRequest } from '../passkey-schemas.ts'
import {
  ChallengeToken,
  DeviceName,
  problems,
  TenantHeader,
  tenantProblems,
  TokenAnswer,
} from '../schemas.ts'
import { answerTokens } from './answer-tokens.ts'
import { toJson } from '../begun-json.ts'

const common = { tags: ['login'], headers: TenantHeader }
const refusals = ['origin_not_allowed', 'tenant_required', 'rate_limited', ...tenantProblems] as const

const options = {
  ...common,
  summary: 'Begin to log in with a passkey',
  description:
    'Nobody is named: the browser offers the passkeys that it has. The challenge can be answered once, for five minutes.',
  response: { 200: PasskeyRequest, ...problems(...refusals) },
}

const verify = {
  ...common,
  summary: 'Log in with a passkey',
  description: 'The authenticator has verified its person, so that this is both factors at once.',
  body: Type.Object(
    { challenge: ChallengeToken, passkey: Assertion, device: Type.Optional(DeviceName) },
    { additionalProperties: false },
  ),
  response: {
    200: TokenAnswer,
    ...problems(
      'challenge_invalid',
      'passkey_invalid',
      'user_suspended',
      'mfa_required',
      'mfa_enrolment_required',
      'login_refused',
      'location_not_allowed',
      ...refusals,
    ),
  },
}

export function passkeyRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/auth/passkey/options', { schema: options }, async (request, reply) => {
    isBrowser(deps, request)
    const tenantId = await requireTenant(deps, request)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    const begun = await beginPasskeyLogin(deps, { tenantId })
    reply.header('cache-control', 'no-store')
    return toJson(begun)
  })
  app.post('/api/v1/auth/passkey/verify', { schema: verify }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const tenantId = await requireTenant(deps, request)
    await limit(deps, { request, reply, tenantId }, 'passkey')
    const { passkey: assertion, challenge, device } = request.body
    const knownBy = deviceCookie(request, tenantId)
    const login = { tenantId, challenge, assertion, device, knownBy, origin: originOf(request) }
    const opened = await logInWithPasskey(deps, login)
    if (browser) keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
    return answerTokens(reply, opened, { browser })
  })
}
