import * as Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import type { App } from '../../app.ts'
import { problems, TenantHeader, tenantProblems } from '../schemas.ts'

const schema = {
  summary: 'Check the session',
  description:
    'Cheap enough to be asked with every request of one’s own: in the steady state no database is.',
  tags: ['session'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  response: {
    200: Type.Object({
      active: Type.Literal(true),
      session: Type.Object({
        id: Type.String(),
        amr: Type.Array(Type.String()),
        acr: Type.String(),
        authTime: Type.Integer({ description: 'Seconds since the epoch.' }),
        expiresAt: Type.String({ format: 'date-time' }),
      }),
      user: Type.Object({ id: Type.String(), tenantId: Type.String(), email: Type.String() }),
    }),
    ...problems('invalid_token', 'session_ended', 'tenant_mismatch', ...tenantProblems),
  },
}

export function sessionRoute(app: App, deps: Deps): void {
  app.get('/api/v1/auth/session', { schema }, async (request, reply) => {
    const { token, session } = await authenticate(deps, request)
    const { sessionId, amr, acr, authTime, expiresAt, userId, email } = session
    reply.header('cache-control', 'no-store')
    return {
      active: true as const,
      session: { id: sessionId, amr: [...amr], acr, authTime, expiresAt: new Date(expiresAt).toISOString() },
      user: { id: userId, tenantId: token.tenantId, email },
    }
  })
}
