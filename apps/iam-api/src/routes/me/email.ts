import { requestEmailChange } from '@iam/domain/account'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { limit } from '../../http/limit.ts'
import { originOf } from '../../http/request-context.ts'
import { Accepted, NewEmail, Password, problems, TenantHeader, tenantProblems } from '../schemas.ts'

const strict = { additionalProperties: false }
const common = { tags: ['account'], headers: TenantHeader }

const request = {
  ...common,
  summary: 'Ask for another address',
  description: 'It changes once the mail to the new address was answered.',
  security: [{ bearer: [] }],
  body: Type.Object({ email: NewEmail, password: Password }, strict),
  response: {
    202: Accepted,
    ...problems(
      'invalid_credentials',
      'reauthentication_required',
      'password_login_off',
      'domain_not_allowed',
      'invalid_token',
      'session_ended',
      'tenant_mismatch',
      'rate_limited',
      'login_busy',
      ...tenantProblems,
    ),
  },
}

export function emailRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/me/email', { schema: request }, async (request, reply) => {
    const { token } = await authenticate(deps, request)
    const { tenantId, userId, authTime } = token
    const { email } = request.body
    await limit(deps, { request, reply, tenantId, userId, email }, 'password-check', 'verify-email-address')
    const asking = { tenantId, userId, authTime, origin: originOf(request) }
    await requestEmailChange(deps, { ...request.body, ...asking })
    return reply.code(202).send({ status: 'accepted' })
  })
}
