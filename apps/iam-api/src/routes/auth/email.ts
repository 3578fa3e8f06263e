import { confirmEmailChange, undoEmailChange } from '@iam/domain/account'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { limit } from '../../http/limit.ts'
import { originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import { OneTimeToken, problems, TenantHeader, tenantProblems } from '../schemas.ts'

const byLink = (summary: string, description: string, ...also: readonly 'domain_not_allowed'[]) => ({
  tags: ['account'],
  headers: TenantHeader,
  summary,
  description,
  body: Type.Object({ token: OneTimeToken }, { additionalProperties: false }),
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

/** What the links of mails about a change of address lead to. */
export function emailLinkRoutes(app: App, deps: Deps): void {
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
