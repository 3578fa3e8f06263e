import { listUserFactors, resetUserFactors } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { administration, refusals, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const time = Type.String({ format: 'date-time' })

const Factor = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['totp', 'passkey']),
  createdAt: time,
  lastUsedAt: Type.Union([time, Type.Null()]),
  disabled: Type.Boolean({ description: 'Whether too many failures switched it off.' }),
})

const list = {
  ...administration,
  summary: 'List the second factors of a person',
  params: UserPath,
  response: {
    200: Type.Object({ items: Type.Array(Factor), recoveryCodesLeft: Type.Integer() }),
    ...refusals('not_found'),
  },
}

const reset = {
  ...administration,
  summary: 'Take all second factors of a person away',
  description:
    'For somebody who lost them. Recovery codes go too, every session ends, and the person is told by mail.',
  params: UserPath,
  headers: WriteHeaders,
  response: { 204: Type.Null(), ...writeRefusals('not_found', 'reauthentication_required') },
}

export function userFactorsRoutes(app: App, deps: Deps): void {
  const path = '/api/v1/tenants/:tenantId/users/:userId/mfa-factors'
  app.get(path, { schema: list }, async (request, reply) => {
    const answer = await listUserFactors(deps, await userCall(deps, { request, reply }, request.params))
    reply.header('cache-control', 'no-store')
    return { ...answer, items: answer.items.map((item) => ({ ...item })) }
  })
  app.delete(path, { schema: reset }, async (request, reply) => {
    await resetUserFactors(deps, await userCall(deps, { request, reply }, request.params))
    return reply.code(204).send(null)
  })
}
