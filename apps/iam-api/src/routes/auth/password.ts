import { changePassword, requestPasswordReset, resetPassword } from '@iam/domain/account'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { limit } from '../../http/limit.ts'
import { localeOf, originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import {
  Accepted,
  Email,
  NewPassword,
  OneTimeToken,
  Password,
  problems,
  TenantHeader,
  tenantProblems,
} from '../schemas.ts'

const strict = { additionalProperties: false }
const common = { tags: ['account'], headers: TenantHeader }

const request = {
  ...common,
  summary: 'Have a link to choose a new password mailed',
  description: 'The answer is the same whether or not the address is registered.',
  body: Type.Object({ email: Email }, strict),
  response: { 202: Accepted, ...problems('tenant_required', 'rate_limited', ...tenantProblems) },
}

const confirm = {
  ...common,
  summary: 'Choose a new password by a mailed link',
  description: 'Every session ends. Other factors stay as they are.',
  body: Type.Object({ token: OneTimeToken, password: NewPassword }, strict),
  response: {
    204: Type.Null(),
    ...problems(
      'code_invalid',
      'password_login_off',
      'password_unacceptable',
      'tenant_required',
      'rate_limited',
      'login_busy',
      ...tenantProblems,
    ),
  },
}

const change = {
  ...common,
  summary: 'Change one’s own password',
  description: 'Every other session ends.',
  security: [{ bearer: [] }],
  body: Type.Object({ currentPassword: Password, newPassword: NewPassword }, strict),
  response: {
    204: Type.Null(),
    ...problems(
      'invalid_credentials',
      'reauthentication_required',
      'password_login_off',
      'password_unacceptable',
      'invalid_token',
      'session_ended',
      'tenant_mismatch',
      'rate_limited',
      'login_busy',
      ...tenantProblems,
    ),
  },
}

export function passwordRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/auth/password/reset/request', { schema: request }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    const { email } = request.body
    await limit(deps, { request, reply, tenantId, email }, 'password-reset', 'password-reset-address')
    await requestPasswordReset(deps, {
      tenantId,
      email,
      locale: localeOf(request),
      origin: originOf(request),
    })
    return reply.code(202).send({ status: 'accepted' })
  })
  app.post('/api/v1/auth/password/reset/confirm', { schema: confirm }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    await limit(deps, { request, reply, tenantId }, 'one-time-code')
    await resetPassword(deps, { ...request.body, tenantId, origin: originOf(request) })
    return reply.code(204).send(null)
  })
  app.post('/api/v1/auth/password/change', { schema: change }, async (request, reply) => {
    const { token, session } = await authenticate(deps, request)
    const { tenantId, authTime } = token
    const { userId, sessionId } = session
    await limit(deps, { request, reply, tenantId, userId }, 'password-check')
    const asking = { tenantId, userId, sessionId, authTime }
    await changePassword(deps, { ...request.body, ...asking, origin: originOf(request) })
    return reply.code(204).send(null)
  })
}
