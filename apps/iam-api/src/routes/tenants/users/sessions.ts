import { endUserSessions, listUserSessions } from '@iam/domain/administration'
import Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { SessionId } from '../../schemas.ts'
import { administration, refusals, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const time = Type.String({ format: 'date-time' })

const list = {
  ...administration,
  summary: 'List the sessions of a person',
  description: 'Those that stand, the newest first.',
  params: UserPath,
  response: {
    200: Type.Object({
      items: Type.Array(
        Type.Object({
          id: Type.String(),
          kind: Type.String({ description: 'app or browser' }),
          amr: Type.Array(Type.String()),
          acr: Type.String(),
          authTime: time,
          createdAt: time,
          expiresAt: time,
        }),
      ),
    }),
    ...refusals('not_found'),
  },
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
    const items = await listUserSessions(deps, await userCall(deps, request, request.params))
    return reply.header('cache-control', 'no-store').send({ items })
  })
  app.delete(path, { schema: endAll }, async (request, reply) => {
    await endUserSessions(deps, await userCall(deps, request, request.params))
    return reply.code(204).send(null)
  })
  app.delete(`${path}/:sessionId`, { schema: endOne }, async (request, reply) => {
    const call = await userCall(deps, request, request.params)
    await endUserSessions(deps, { ...call, sessionId: request.params.sessionId })
    return reply.code(204).send(null)
  })
}
