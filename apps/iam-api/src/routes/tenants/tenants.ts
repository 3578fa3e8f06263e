import {
  addTenant,
  listTenants,
  reactivateTenant,
  readTenant,
  suspendTenant,
} from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { readCursor, spellCursor } from '../../http/cursor.ts'
import { Page, pageOf } from '../schemas.ts'
import { administration, refusals, TenantPath, WriteHeaders, writeRefusals } from './schemas.ts'

const listed = { id: Type.String(), slug: Type.String(), status: Type.String(), region: Type.String() }
const Tenant = Type.Object({
  ...listed,
  name: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
})

const list = {
  ...administration,
  summary: 'List the tenants',
  description: 'Of all regions. For operators.',
  querystring: Type.Object(Page, { additionalProperties: false }),
  response: { 200: pageOf(Type.Object(listed)), ...refusals() },
}

const add = {
  ...administration,
  summary: 'Make a tenant',
  description: 'In this region. Invite its first owner next. For operators.',
  headers: WriteHeaders,
  body: Type.Object(
    {
      slug: Type.String({
        pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
        description: 'Its name in URLs.',
      }),
      name: Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\p{Cc}\\p{Cs}]+$' }),
    },
    { additionalProperties: false },
  ),
  response: { 201: Tenant, ...writeRefusals('slug_taken') },
}

const read = {
  ...administration,
  summary: 'Read what a tenant is called and where it is',
  params: TenantPath,
  response: { 200: Tenant, ...refusals() },
}

const standing = (summary: string, description: string) => ({
  ...administration,
  summary,
  description: `${description} For operators. Asking again changes nothing.`,
  params: TenantPath,
  headers: WriteHeaders,
  response: { 200: Tenant, ...writeRefusals() },
})

const suspend = standing('Suspend a tenant', 'Nobody of it gets in, within half a minute; nothing is ended.')
const reactivate = standing('Reactivate a tenant', 'All goes on as it was.')

export function tenantRoutes(app: App, deps: Deps): void {
  app.get('/api/v1/tenants', { schema: list }, async (request, reply) => {
    const { cursor, limit } = request.query
    const call = await administrativeCall(deps, { request, reply })
    const after = readCursor(deps, ['tenants'], cursor)
    const { items, last } = await listTenants(deps, { ...call, after, limit })
    reply.header('cache-control', 'no-store')
    return { items, ...(last === undefined ? {} : { nextCursor: spellCursor(deps, ['tenants'], last) }) }
  })
  app.post('/api/v1/tenants', { schema: add }, async (request, reply) => {
    const tenant = await addTenant(deps, {
      ...(await administrativeCall(deps, { request, reply })),
      ...request.body,
    })
    reply.header('location', `/api/v1/tenants/${tenant.id}`)
    return reply.code(201).header('cache-control', 'no-store').send(tenant)
  })
  app.get('/api/v1/tenants/:tenantId', { schema: read }, async (request, reply) => {
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    return reply.header('cache-control', 'no-store').send(await readTenant(deps, call))
  })
  app.post('/api/v1/tenants/:tenantId/suspend', { schema: suspend }, async (request, reply) => {
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    return reply.header('cache-control', 'no-store').send(await suspendTenant(deps, call))
  })
  app.post('/api/v1/tenants/:tenantId/reactivate', { schema: reactivate }, async (request, reply) => {
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    return reply.header('cache-control', 'no-store').send(await reactivateTenant(deps, call))
  })
}
