import { listUserDevices, revokeUserDevices } from '@iam/domain/administration'
import type { Id } from '@iam/domain/kit'
import * as Type from 'typebox'
import type { App } from '../../../app.ts'
import type { Deps } from '../../../deps.ts'
import { DeviceId } from '../../schemas.ts'
import { administration, refusals, UserPath, WriteHeaders, writeRefusals } from '../schemas.ts'
import { userCall } from './user-call.ts'

const time = Type.String({ format: 'date-time' })

const Device = Type.Object({
  id: Type.String(),
  algorithm: Type.Enum(['Ed25519', 'P-256']),
  thumbprint: Type.String({ description: 'Of its key (RFC 7638).' }),
  trust: Type.Enum(['known', 'trusted'], { description: 'Whether it may stand in for a second factor.' }),
  createdAt: time,
  lastUsedAt: time,
})

const list = {
  ...administration,
  summary: 'List the devices of a person',
  description: 'Those with a key that is not revoked, the oldest first.',
  params: UserPath,
  response: { 200: Type.Object({ items: Type.Array(Device) }), ...refusals('not_found') },
}

const revokeAll = {
  ...administration,
  summary: 'Revoke every device of a person',
  description: 'For good. The sessions on them end, and the person is told by mail.',
  params: UserPath,
  headers: WriteHeaders,
  response: { 204: Type.Null(), ...writeRefusals('not_found') },
}

const revokeOne = {
  ...revokeAll,
  summary: 'Revoke a device of a person',
  description: 'For good. Its sessions end, and the person is told by mail.',
  params: Type.Object({ ...UserPath.properties, deviceId: DeviceId }),
}

export function userDevicesRoutes(app: App, deps: Deps): void {
  const path = '/api/v1/tenants/:tenantId/users/:userId/devices'
  app.get(path, { schema: list }, async (request, reply) => {
    const items = await listUserDevices(deps, await userCall(deps, { request, reply }, request.params))
    reply.header('cache-control', 'no-store')
    return { items: items.map((item) => ({ ...item })) }
  })
  app.delete(path, { schema: revokeAll }, async (request, reply) => {
    await revokeUserDevices(deps, await userCall(deps, { request, reply }, request.params))
    return reply.code(204).send(null)
  })
  app.delete(`${path}/:deviceId`, { schema: revokeOne }, async (request, reply) => {
    const call = await userCall(deps, { request, reply }, request.params)
    await revokeUserDevices(deps, { ...call, deviceId: request.params.deviceId as Id<'dev'> })
    return reply.code(204).send(null)
  })
}
