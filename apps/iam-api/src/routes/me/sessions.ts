import { endOwnSession, listSessions, renameSession, type ListedSession } from '@iam/domain/session'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { readCursor, spellCursor } from '../../http/cursor.ts'
import { clearRefreshCookie, isBrowser } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import { DeviceName, Page, pageOf, problems, SessionId, TenantHeader, tenantProblems } from '../schemas.ts'

const common = { tags: ['session'], security: [{ bearer: [] }], headers: TenantHeader }
const refusals = ['invalid_token', 'session_ended', 'tenant_mismatch', ...tenantProblems] as const

const Session = Type.Object({
  id: Type.String(),
  current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
  kind: Type.Enum(['browser', 'app'], { description: 'Whether a browser holds it by its cookie.' }),
  name: Type.Union([Type.String(), Type.Null()], { description: 'What the person calls it.' }),
  program: Type.Union([Type.String(), Type.Null()], { description: 'What it was opened with.' }),
  system: Type.Union([Type.String(), Type.Null()], { description: 'What that ran on.' }),
  network: Type.Union([Type.String(), Type.Null()], { description: 'Where it was opened from, masked.' }),
  place: Type.Union([Type.String(), Type.Null()], {
    description: 'Where that network is, if that is known.',
  }),
  amr: Type.Array(Type.String(), { description: 'Authentication methods (RFC 8176).' }),
  createdAt: Type.String({ format: 'date-time' }),
  lastSeenAt: Type.String({ format: 'date-time' }),
})

const list = {
  ...common,
  summary: 'List one’s own sessions',
  description: 'Those that stand, the newest first.',
  querystring: Type.Object(Page, { additionalProperties: false }),
  response: {
    200: pageOf(Session),
    ...problems(...refusals),
  },
}

const named = { params: Type.Object({ sessionId: SessionId }) }
const one = { 204: Type.Null(), ...problems(...refusals, 'not_found') }

const rename = {
  ...common,
  ...named,
  summary: 'Name one of one’s own sessions',
  body: Type.Object(
    { name: Type.Union([DeviceName, Type.Null()], { description: 'Null takes the name away.' }) },
    { additionalProperties: false },
  ),
  response: one,
}

const end = {
  ...common,
  ...named,
  summary: 'End one of one’s own sessions',
  response: { ...one, ...problems(...refusals, 'not_found', 'origin_not_allowed') },
}

export function sessionsRoutes(app: App, deps: Deps): void {
  app.get('/api/v1/me/sessions', { schema: list }, async (request, reply) => {
    const { token, session: current } = await authenticate(deps, request)
    const { tenantId, userId } = token
    const { limit } = request.query
    const name = ['my sessions', tenantId, userId]
    const after = readCursor(deps, name, request.query.cursor)
    const { items, last } = await listSessions(deps, { tenantId, userId, after, limit })
    reply.header('cache-control', 'no-store')
    return {
      items: items.map((item) => toJson(item, current.sessionId)),
      ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }),
    }
  })
  app.patch('/api/v1/me/sessions/:sessionId', { schema: rename }, async (request, reply) => {
    const { token } = await authenticate(deps, request)
    const { tenantId, userId } = token
    await renameSession(deps, {
      ...request.params,
      ...request.body,
      tenantId,
      userId,
      origin: originOf(request),
    })
    return reply.code(204).send(null)
  })
  app.delete('/api/v1/me/sessions/:sessionId', { schema: end }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const { token, session: current } = await authenticate(deps, request)
    const { tenantId, userId } = token
    const { sessionId } = request.params
    await endOwnSession(deps, { tenantId, userId, sessionId, origin: originOf(request) })
    if (browser && sessionId === current.sessionId) clearRefreshCookie(reply, tenantId)
    return reply.code(204).send(null)
  })
}

function toJson({ agent, createdAt, lastSeenAt, amr, ...session }: ListedSession, current: string) {
  return {
    ...session,
    ...agent,
    amr: [...amr],
    current: session.id === current,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
  }
}
