import { exportUser, readErasure } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { administration, refusals, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const path = '/api/v1/tenants/:tenantId/users/:userId'
const time = Type.String({ format: 'date-time' })

const ask = {
  ...administration,
  summary: 'Have everything that is known of a person put together for them',
  description: 'The link is mailed to the person, and opens nothing for anybody else.',
  params: UserPath,
  headers: WriteHeaders,
  response: { 202: Type.Object({ id: Type.String() }), ...writeRefusals('not_found', 'wrong_state') },
}

const receipt = {
  ...administration,
  summary: 'Read what was done to erase a person',
  description:
    'Which stores had something of them, and what became of it; the audit trail holds it to account.',
  params: UserPath,
  response: {
    200: Type.Object({
      id: Type.String(),
      userId: Type.String(),
      erasedAt: time,
      keyDestroyedAt: time,
      stores: Type.Array(
        Type.Object({
          store: Type.String(),
          records: Type.Integer(),
          became: Type.Enum(['deleted', 'blanked']),
        }),
      ),
      kept: Type.Array(Type.Object({ store: Type.String(), because: Type.String() })),
      elsewhere: Type.Array(Type.Object({ store: Type.String(), became: Type.String() })),
    }),
    ...refusals('not_found'),
  },
}

/** What is asked for by data protection law. */
export function dataRequestRoutes(app: App, deps: Deps): void {
  app.post(`${path}/data-export`, { schema: ask }, async (request, reply) => {
    const { id } = await exportUser(deps, await userCall(deps, { request, reply }, request.params))
    return reply.code(202).header('cache-control', 'no-store').send({ id })
  })
  app.get(`${path}/erasure-receipt`, { schema: receipt }, async (request, reply) => {
    const { stores, kept, elsewhere, ...done } = await readErasure(
      deps,
      await userCall(deps, { request, reply }, request.params),
    )
    reply.header('cache-control', 'no-store')
    return { ...done, stores: [...stores], kept: [...kept], elsewhere: [...elsewhere] }
  })
}
