import {
  listDevices,
  registerDevice,
  renameDevice,
  revokeDevice,
  trustDevice,
  type ListedDevice,
} from '@iam/domain/account'
import type { Id } from '@iam/domain/kit'
import type { FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { originOf } from '../../http/request-context.ts'
import {
  DeviceId,
  DeviceKey,
  DeviceName,
  DeviceSignature,
  problems,
  TenantHeader,
  tenantProblems,
} from '../schemas.ts'

const strict = { additionalProperties: false }
const common = { tags: ['account'], security: [{ bearer: [] }], headers: TenantHeader }
const refusals = ['invalid_token', 'session_ended', 'tenant_mismatch', ...tenantProblems] as const
const strong = [...refusals, 'reauthentication_required'] as const
const one = { params: Type.Object({ deviceId: DeviceId }) }
const done = { 204: Type.Null(), ...problems(...refusals, 'not_found') }
const time = Type.String({ format: 'date-time' })

const Device = Type.Object({
  id: Type.String(),
  algorithm: Type.Enum(['Ed25519', 'P-256']),
  thumbprint: Type.String({ description: 'Of its key (RFC 7638).' }),
  name: Type.Union([Type.String(), Type.Null()], { description: 'What the person calls it.' }),
  trust: Type.Enum(['known', 'trusted'], { description: 'Whether it may stand in for a second factor.' }),
  createdAt: time,
  lastUsedAt: Type.String({ format: 'date-time', description: 'When it last showed that it holds its key.' }),
})

const list = {
  ...common,
  summary: 'List one’s own devices',
  description: 'Those with a key that is not revoked, the oldest first.',
  response: { 200: Type.Object({ items: Type.Array(Device) }), ...problems(...refusals) },
}

const register = {
  ...common,
  summary: 'Register a device by its public key',
  description:
    'There can be twenty. The signature is of `iam/device-registration/v1`, the tenant’s id, the person’s, the session’s and the key’s thumbprint (RFC 7638, base64url), with a zero byte between each two. Asks for a login of the last five minutes, by a second factor where there is one. The person is told by mail.',
  body: Type.Object(
    { publicKey: DeviceKey, signature: DeviceSignature, name: Type.Optional(DeviceName) },
    strict,
  ),
  response: {
    201: Type.Object({ id: Type.String() }),
    ...problems(...strong, 'device_invalid', 'wrong_state', 'rate_limited'),
  },
}

const rename = {
  ...common,
  ...one,
  summary: 'Name a device',
  body: Type.Object(
    { name: Type.Union([DeviceName, Type.Null()], { description: 'Null takes the name away.' }) },
    strict,
  ),
  response: done,
}

const revoke = {
  ...common,
  ...one,
  summary: 'Revoke a device',
  description: 'For good. Its sessions end, the one that asks included. The person is told by mail.',
  response: done,
}

const trust = {
  ...common,
  ...one,
  summary: 'Trust the device that one is on',
  description:
    'A login with a password and a proof of this device is asked for no second factor, for as long as the tenant lets people trust devices. Takes a session that was proved to be on the device, and a second factor of the last five minutes. The trust ends with another password or factor, and when all sessions are ended. The person is told by mail.',
  response: {
    204: Type.Null(),
    ...problems(...strong, 'not_found', 'wrong_state', 'not_allowed', 'rate_limited'),
  },
}

const path = '/api/v1/me/devices'

export function devicesRoutes(app: App, deps: Deps): void {
  app.get(path, { schema: list }, async (request, reply) => {
    const { token } = await authenticate(deps, request)
    const items = await listDevices(deps, token)
    reply.header('cache-control', 'no-store')
    return { items: items.map(toJson) }
  })
  app.post(path, { schema: register }, async (request, reply) => {
    const { token, session } = await authenticate(deps, request)
    const { tenantId, userId, amr, authTime } = token
    const { sessionId } = session
    const call = { tenantId, userId, sessionId, login: { amr, authTime }, origin: originOf(request) }
    const registered = await registerDevice(deps, { ...call, ...request.body })
    reply.code(201).header('cache-control', 'no-store')
    return registered
  })
  oneDeviceRoutes(app, deps)
}

function oneDeviceRoutes(app: App, deps: Deps): void {
  app.patch(`${path}/:deviceId`, { schema: rename }, async (request, reply) => {
    await renameDevice(deps, { ...(await deviceCall(deps, request)), ...request.body })
    return reply.code(204).send(null)
  })
  app.post(`${path}/:deviceId/trust`, { schema: trust }, async (request, reply) => {
    await trustDevice(deps, await deviceCall(deps, request))
    return reply.code(204).send(null)
  })
  app.delete(`${path}/:deviceId`, { schema: revoke }, async (request, reply) => {
    await revokeDevice(deps, await deviceCall(deps, request))
    return reply.code(204).send(null)
  })
}

/** Who asks, about the device of the path. */
async function deviceCall(deps: Deps, request: FastifyRequest) {
  const { token, session } = await authenticate(deps, request)
  const { tenantId, userId, amr, authTime } = token
  const { sessionId } = session
  const { deviceId } = request.params as { deviceId: string }
  const login = { amr, authTime }
  return { tenantId, userId, sessionId, deviceId: deviceId as Id<'dev'>, login, origin: originOf(request) }
}

function toJson({ createdAt, lastUsedAt, ...device }: ListedDevice) {
  return { ...device, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt.toISOString() }
}
