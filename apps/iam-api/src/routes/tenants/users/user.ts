import { changeUser, eraseUser, readUser } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { administration, Locale, refusals, User, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const path = '/api/v1/tenants/:tenantId/users/:userId'
const common = { ...administration, params: UserPath }

const read = {
  ...common,
  summary: 'Read a person’s account',
  response: { 200: User, ...refusals('not_found') },
}

const change = {
  ...common,
  summary: 'Change a person’s account',
  description: 'Only its owner can change the address.',
  headers: WriteHeaders,
  body: Type.Object({ locale: Type.Optional(Locale) }, { additionalProperties: false }),
  response: { 200: User, ...writeRefusals('not_found') },
}

const erase = {
  ...common,
  summary: 'Erase a person',
  description: 'For good: what is known of them is destroyed. Their address is free for somebody else.',
  headers: WriteHeaders,
  response: { 204: Type.Null(), ...writeRefusals('not_found') },
}

export function userRoutes(app: App, deps: Deps): void {
  app.get(path, { schema: read }, async (request, reply) => {
    const user = await readUser(deps, await userCall(deps, { request, reply }, request.params))
    return reply.header('cache-control', 'no-store').send(user)
  })
  app.patch(path, { schema: change }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    const user = await changeUser(deps, { ...call, ...request.body })
    return reply.header('cache-control', 'no-store').send(user)
  })
  app.delete(path, { schema: erase }, async (request, reply) => {
    await eraseUser(deps, await userCall(deps, { request, reply }, request.params))
    return reply.code(204).send(null)
  })
}
