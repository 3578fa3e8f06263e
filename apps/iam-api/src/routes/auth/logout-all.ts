import { logOutEverywhere } from '@iam/domain/session'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { clearRefreshCookie, isBrowser } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import { problems, TenantHeader, tenantProblems } from '../schemas.ts'

const schema = {
  summary: 'End all of one’s own sessions',
  description: 'The one that asks ends, too.',
  tags: ['session'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  response: {
    204: Type.Null(),
    ...problems('invalid_token', 'session_ended', 'origin_not_allowed', 'tenant_mismatch', ...tenantProblems),
  },
}

export function logoutAllRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/logout-all', { schema }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const { token } = await authenticate(deps, request)
    const { tenantId, userId } = token
    await logOutEverywhere(deps, { tenantId, userId, origin: originOf(request) })
    if (browser) clearRefreshCookie(reply, tenantId)
    return reply.code(204).send(null)
  })
}
