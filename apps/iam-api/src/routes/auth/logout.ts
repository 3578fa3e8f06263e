import { logOut } from '@iam/domain/session'
import * as Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { verifiedToken } from '../../http/authenticate.ts'
import { clearRefreshCookie, isBrowser } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import type { App } from '../../app.ts'
import { problems, TenantHeader, tenantProblems } from '../schemas.ts'

const schema = {
  summary: 'End the session',
  description: 'Asking again after the session has ended is answered alike.',
  tags: ['session'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  response: {
    204: Type.Null(),
    ...problems('invalid_token', 'tenant_mismatch', 'origin_not_allowed', ...tenantProblems),
  },
}

export function logoutRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/logout', { schema }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const { tenantId, grantId } = await verifiedToken(deps, request)
    await logOut(deps, { tenantId, grantId, origin: originOf(request) })
    if (browser) clearRefreshCookie(reply, tenantId)
    return reply.code(204).send(null)
  })
}
