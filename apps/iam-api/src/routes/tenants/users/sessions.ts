import { endUserSessions, listUserSessions } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { readCursor, spellCursor } from '../../../http/cursor.ts'
import { Page, pageOf, SessionId } from '../../schemas.ts'
import { administration, refusals, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const time = Type.String({ format: 'date-time' })

const orNull = Type.Union([Type.String(), Type.Null()])

const Session = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['browser', 'app'], { description: 'Whether a browser holds it by its cookie.' }),
  name: orNull,
  program: orNull,
  system: orNull,
  network: orNull,
  place: orNull,
  amr: Type.Array(Type.String()),
  createdAt: time,
  lastSeenAt: time,
})

const list = {
  ...administration,
  summary: 'List the sessions of a person',
  description: 'Those that stand, the newest first.',
  params: UserPath,
  querystring: Type.Object(Page, { additionalProperties: false }),
  response: { 200: pageOf(Session), ...refusals('not_found') },
}

const endAll = {
  ...administration,
  summary: 'End every session of a person',
  params: UserPath,
  headers: WriteHeaders,
  response: { 204: Type.Null(), ...writeRefusals('not_found') },
}

const endOne = {
  ...endAll,
  summary: 'End a session of a person',
  params: Type.Object({ ...UserPath.properties, sessionId: SessionId }),
}

export function userSessionsRoutes(app: App, deps: Deps): void {
  const path = '/api/v1/tenants/:tenantId/users/:userId/sessions'
  app.get(path, { schema: list }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    const name = ['sessions', call.tenantId, call.userId]
    const after = readCursor(deps, name, request.query.cursor)
    const { items, last } = await listUserSessions(deps, { ...call, after, limit: request.query.limit })
    reply.header('cache-control', 'no-store')
    return {
      items: items.map(({ agent, amr, ...session }) => ({ ...session, ...agent, amr: [...amr] })),
      ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }),
    }
  })
  app.delete(path, { schema: endAll }, async (request, reply) => {
    await endUserSessions(deps, await userCall(deps, { request, reply }, request.params))
    return reply.code(204).send(null)
  })
  app.delete(`${path}/:sessionId`, { schema: endOne }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    await endUserSessions(deps, { ...call, sessionId: request.params.sessionId })
    return reply.code(204).send(null)
  })
}
