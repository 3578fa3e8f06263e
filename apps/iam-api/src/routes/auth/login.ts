import { inLoginLane } from '@iam/domain/login-attempt'
import { logInWithPassword } from '@iam/domain/session'
import * as Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { keepKnownDevice, loginLane } from '../../http/login-lane.ts'
import { isBrowser } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import { trustedCookie } from '../../http/trusted-cookie.ts'
import { requireTenant } from '../../http/tenant.ts'
import type { App } from '../../app.ts'
import {
  DeviceName,
  DeviceProof,
  Email,
  Password,
  problems,
  TenantHeader,
  tenantProblems,
  TokenAnswer,
} from '../schemas.ts'
import { answerTokens } from './answer-tokens.ts'

const schema = {
  summary: 'Log in with a password',
  tags: ['login'],
  headers: TenantHeader,
  body: Type.Object(
    {
      email: Email,
      password: Password,
      device: Type.Optional(DeviceName),
      deviceProof: Type.Optional(DeviceProof),
    },
    { additionalProperties: false },
  ),
  response: {
    200: TokenAnswer,
    ...problems(
      'invalid_credentials',
      'challenge_invalid',
      'device_invalid',
      'user_suspended',
      'password_replacement_required',
      'mfa_required',
      'mfa_enrolment_required',
      'login_refused',
      'location_not_allowed',
      'origin_not_allowed',
      'tenant_required',
      'rate_limited',
      'login_busy',
      ...tenantProblems,
    ),
  },
}

export function loginRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/login', { schema }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const tenantId = await requireTenant(deps, request)
    const person = { tenantId, email: request.body.email }
    const lane = await loginLane(deps, { request, reply, ...person })
    const opened = await inLoginLane(deps, lane, () =>
      logInWithPassword(deps, {
        ...request.body,
        tenantId,
        isKnownDevice: lane.by === 'device',
        trusted: browser ? trustedCookie(request, tenantId) : undefined,
        origin: originOf(request),
      }),
    )
    if (browser) keepKnownDevice(deps, { request, reply, ...person })
    return answerTokens(reply, opened, { browser })
  })
}
