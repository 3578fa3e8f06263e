import { readProfile } from '@iam/domain/user'
import * as Type from 'typebox'
import type { Deps } from '../deps.ts'
import { authenticate } from '../http/authenticate.ts'
import type { App } from '../app.ts'
import { problems, TenantHeader, tenantProblems } from './schemas.ts'

const schema = {
  summary: 'Read one’s own account',
  tags: ['account'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  response: {
    200: Type.Object({
      id: Type.String(),
      tenantId: Type.String(),
      email: Type.String(),
      status: Type.String(),
      locale: Type.String(),
      createdAt: Type.String({ format: 'date-time' }),
    }),
    ...problems('invalid_token', 'session_ended', 'tenant_mismatch', ...tenantProblems),
  },
}

export function meRoute(app: App, deps: Deps): void {
  app.get('/api/v1/me', { schema }, async (request, reply) => {
    const { token } = await authenticate(deps, request)
    const { createdAt, ...profile } = await readProfile(deps, token)
    reply.header('cache-control', 'no-store')
    return { ...profile, createdAt: createdAt.toISOString() }
  })
}
