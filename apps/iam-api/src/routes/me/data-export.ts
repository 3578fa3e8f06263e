import { listRequests, requestOwnExport } from '@iam/domain/data-request'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { originOf } from '../../http/request-context.ts'
import { problems, TenantHeader, tenantProblems } from '../schemas.ts'

const common = { tags: ['account'], security: [{ bearer: [] }], headers: TenantHeader }
const refusals = ['invalid_token', 'session_ended', 'tenant_mismatch', ...tenantProblems] as const
const time = Type.String({ format: 'date-time' })

const ask = {
  ...common,
  summary: 'Ask for everything that is known of oneself',
  description:
    'A mail comes with a link when it has been put together. Asking again before that asks for the same one. For a login of not long ago, by a second factor too where there is one.',
  response: {
    202: Type.Object({ id: Type.String(), status: Type.Literal('waiting') }),
    ...problems(...refusals, 'reauthentication_required', 'rate_limited'),
  },
}

const list = {
  ...common,
  summary: 'List what one has asked for',
  description: 'The newest first, twenty at most. The link is in the mail alone.',
  response: {
    200: Type.Object({
      items: Type.Array(
        Type.Object({
          id: Type.String(),
          status: Type.Enum(['waiting', 'ready', 'over']),
          askedAt: time,
          completedAt: Type.Union([time, Type.Null()]),
          expiresAt: Type.Union([time, Type.Null()], { description: 'When the link ends.' }),
        }),
      ),
    }),
    ...problems(...refusals),
  },
}

export function dataExportRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/me/data-export', { schema: ask }, async (request, reply) => {
    const { token } = await authenticate(deps, request)
    const { tenantId, userId, amr, authTime } = token
    const asked = { tenantId, userId, login: { amr, authTime }, origin: originOf(request) }
    const { id } = await requestOwnExport(deps, asked)
    return reply.code(202).header('cache-control', 'no-store').send({ id, status: 'waiting' })
  })
  app.get('/api/v1/me/data-export', { schema: list }, async (request, reply) => {
    const { token } = await authenticate(deps, request)
    const items = await listRequests(deps, token)
    reply.header('cache-control', 'no-store')
    return {
      items: items.map(({ askedAt, completedAt, expiresAt, ...item }) => ({
        ...item,
        askedAt: askedAt.toISOString(),
        completedAt: completedAt?.toISOString() ?? null,
        expiresAt: expiresAt?.toISOString() ?? null,
      })),
    }
  })
}
