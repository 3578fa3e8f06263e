import { downloadExport, exportFormats } from '@iam/domain/data-request'
import * as Type from 'typebox'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { authenticate } from '../http/authenticate.ts'
import { exportHeaders } from '../http/export-headers.ts'
import { limit } from '../http/limit.ts'
import { originOf } from '../http/request-context.ts'
import { problems, TenantHeader, tenantProblems } from './schemas.ts'

const schema = {
  tags: ['account'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  summary: 'Fetch an export of one’s own data',
  description:
    'By the token of the link that was mailed, and logged in as the person it is of: a link that was passed on opens nothing.',
  params: Type.Object({ token: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }),
  querystring: Type.Object(
    { format: Type.Enum([...exportFormats], { default: 'json' }) },
    { additionalProperties: false },
  ),
  response: {
    200: {
      description: 'The file.',
      content: {
        'application/json': { schema: Type.Unknown() },
        'application/pdf': { schema: Type.Unknown() },
      },
    },
    ...problems(
      'invalid_token',
      'session_ended',
      'tenant_mismatch',
      'reauthentication_required',
      'not_allowed',
      'not_found',
      'export_gone',
      'rate_limited',
      ...tenantProblems,
    ),
  },
}

export function dataExportsRoute(app: App, deps: Deps): void {
  app.get('/api/v1/data-exports/:token', { schema }, async (request, reply) => {
    const { token: login } = await authenticate(deps, request)
    const { tenantId, userId } = login
    await limit(deps, { request, reply, tenantId }, 'data-export-link')
    const { token } = request.params
    const { format } = request.query
    const origin = originOf(request)
    const file = await downloadExport(deps, { tenantId, userId, login, token, format, origin })
    return reply.headers(exportHeaders(file.id, format)).send(file.body)
  })
}
