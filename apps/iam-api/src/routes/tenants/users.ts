import { inviteUser, listUsers } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { readCursor, spellCursor } from '../../http/cursor.ts'
import { Email, NewEmail, Page, pageOf } from '../schemas.ts'
import {
  administration,
  Locale,
  refusals,
  RoleName,
  TenantPath,
  User,
  WriteHeaders,
  writeRefusals,
} from './schemas.ts'

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

const invite = {
  ...administration,
  summary: 'Invite somebody',
  description:
    'An account is made, and a link is mailed to choose its password with, which lives three days.',
  params: TenantPath,
  headers: WriteHeaders,
  body: Type.Object(
    {
      email: NewEmail,
      locale: Type.Optional(Locale),
      roles: Type.Optional(Type.Array(RoleName, { maxItems: 3 })),
    },
    { additionalProperties: false },
  ),
  response: { 201: User, ...writeRefusals('address_taken') },
}

export function usersRoutes(app: App, deps: Deps): void {
  app.get('/api/v1/tenants/:tenantId/users', { schema: list }, async (request, reply) => {
    const { cursor, ...wanted } = request.query
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    const name = ['users', call.tenantId, wanted.email, wanted.status]
    const after = readCursor(deps, name, cursor)
    const { items, last } = await listUsers(deps, { ...call, ...wanted, after })
    reply.header('cache-control', 'no-store')
    return { items, ...(last === undefined ? {} : { nextCursor: spellCursor(deps, name, last) }) }
  })
  app.post('/api/v1/tenants/:tenantId/users', { schema: invite }, async (request, reply) => {
    const { email, locale = 'en', roles = [] } = request.body
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    const user = await inviteUser(deps, { ...call, email, locale, roles })
    reply.header('location', `/api/v1/tenants/${call.tenantId}/users/${user.id}`)
    return reply.code(201).header('cache-control', 'no-store').send(user)
  })
}
