import { registerUser } from '@iam/domain/account'
import * as Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { limit } from '../../http/limit.ts'
import { localeOf, originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import type { App } from '../../app.ts'
import { NewEmail, NewPassword, problems, TenantHeader, tenantProblems } from '../schemas.ts'

const schema = {
  summary: 'Make an account',
  description: 'The answer is the same whether or not the address was registered before.',
  tags: ['account'],
  headers: TenantHeader,
  body: Type.Object({ email: NewEmail, password: NewPassword }, { additionalProperties: false }),
  response: {
    202: Type.Object({ status: Type.Literal('accepted') }),
    ...problems(
      'registration_closed',
      'location_not_allowed',
      'domain_not_allowed',
      'password_unacceptable',
      'tenant_required',
      'rate_limited',
      'login_busy',
      ...tenantProblems,
    ),
  },
}

export function registerRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/register', { schema }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    const { email } = request.body
    await limit(deps, { request, reply, tenantId, email }, 'register', 'register-address')
    await registerUser(deps, {
      ...request.body,
      tenantId,
      locale: localeOf(request),
      origin: originOf(request),
    })
    return reply.code(202).send({ status: 'accepted' })
  })
}
