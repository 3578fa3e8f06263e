import { listUsers } from '@iam/domain/administration'
import Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { readCursor, spellCursor } from '../../http/cursor.ts'
import { Email } from '../schemas.ts'
import { administration, Page, pageOf, refusals, TenantPath, User } from './schemas.ts'

const list = {
  ...administration,
  summary: 'List the people of a tenant',
  description: 'In the order in which they came. Who was erased is not among them.',
  params: TenantPath,
  querystring: Type.Object(
    {
      ...Page,
      email: Type.Optional(Email),
      status: Type.Optional(Type.Enum(['active', 'suspended', 'locked'])),
    },
    { additionalProperties: false },
  ),
  response: { 200: pageOf(User), ...refusals() },
}

export function usersRoutes(app: App, deps: Deps): void {
  app.get('/api/v1/tenants/:tenantId/users', { schema: list }, async (request, reply) => {
    const { cursor, ...wanted } = request.query
    const call = await administrativeCall(deps, request, request.params.tenantId)
    const name = ['users', call.tenantId, wanted.email, wanted.status]
    const after = readCursor(deps, name, cursor)
    const { items, last } = await listUsers(deps, { ...call, ...wanted, after })
    reply.header('cache-control', 'no-store')
    return { items, ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }) }
  })
}
