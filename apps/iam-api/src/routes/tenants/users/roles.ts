import { grantRole, revokeRole } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { administration, RoleName, User, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const common = {
  ...administration,
  params: Type.Object({ ...UserPath.properties, role: RoleName }),
  headers: WriteHeaders,
  response: { 200: User, ...writeRefusals('not_found') },
}

const grant = {
  ...common,
  summary: 'Give a person a role',
  description: 'None above one’s own. Operators are people of the system tenant.',
}

const revoke = {
  ...common,
  summary: 'Take a role from a person',
  description: 'It is gone with their next request. The last owner of a tenant stays one.',
}

export function rolesRoutes(app: App, deps: Deps): void {
  const path = '/api/v1/tenants/:tenantId/users/:userId/roles/:role'
  app.put(path, { schema: grant }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    const user = await grantRole(deps, { ...call, role: request.params.role })
    return reply.header('cache-control', 'no-store').send(user)
  })
  app.delete(path, { schema: revoke }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    const user = await revokeRole(deps, { ...call, role: request.params.role })
    return reply.header('cache-control', 'no-store').send(user)
  })
}
