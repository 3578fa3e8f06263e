import { confirmEmailChange, requestEmailChange, undoEmailChange } from '@iam/domain/account'
import Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { limit } from '../../http/limit.ts'
import { originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import {
  Accepted,
  NewEmail,
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

const byLink = (summary: string, description: string, ...also: readonly 'domain_not_allowed'[]) => ({
  ...common,
  summary,
  description,
  body: Type.Object({ token: OneTimeToken }, strict),
  response: {
    204: Type.Null(),
    ...problems('code_invalid', 'tenant_required', 'rate_limited', ...tenantProblems, ...also),
  },
})

const confirm = byLink(
  'Confirm another address',
  'The old address is told, with a link to undo it.',
  'domain_not_allowed',
)
const undo = byLink('Undo a change of address', 'Every session ends: somebody else may have been at work.')

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
  app.post('/api/v1/auth/email/confirm', { schema: confirm }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    await limit(deps, { request, reply, tenantId }, 'one-time-code')
    await confirmEmailChange(deps, { ...request.body, tenantId, origin: originOf(request) })
    return reply.code(204).send(null)
  })
  app.post('/api/v1/auth/email/undo', { schema: undo }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    await limit(deps, { request, reply, tenantId }, 'one-time-code')
    await undoEmailChange(deps, { ...request.body, tenantId, origin: originOf(request) })
    return reply.code(204).send(null)
  })
}
