import { beginDeviceProof } from '@iam/domain/device'
import type { Id } from '@iam/domain/kit'
import { proveDevice } from '@iam/domain/session'
import type { FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { limit } from '../../http/limit.ts'
import { originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import { DeviceId, DeviceProof, problems, TenantHeader, tenantProblems } from '../schemas.ts'

const strict = { additionalProperties: false }
const refusals = [
  'invalid_token',
  'session_ended',
  'tenant_mismatch',
  'rate_limited',
  ...tenantProblems,
] as const

const challenge = {
  summary: 'Begin to prove that a device holds its key',
  description:
    'With an access token for that session, without one for a login. The challenge can be answered once, for five minutes: the device signs `iam/device-proof/v1`, the tenant’s id, the device’s and the challenge, with a zero byte between each two.',
  tags: ['session'],
  headers: TenantHeader,
  body: Type.Object({ device: DeviceId }, strict),
  response: {
    200: Type.Object({ challenge: Type.String(), expiresAt: Type.String({ format: 'date-time' }) }),
    ...problems('not_found', 'tenant_required', ...refusals),
  },
}

const verify = {
  summary: 'Prove that a device holds its key',
  description:
    'The session is on this device from now on, and ends when it is revoked. The access token says so (pop in amr). The refresh token goes on.',
  tags: ['session'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
  body: DeviceProof,
  response: {
    200: Type.Object({
      accessToken: Type.String(),
      tokenType: Type.Literal('Bearer'),
      expiresIn: Type.Integer({ description: 'Seconds.' }),
    }),
    ...problems('challenge_invalid', 'device_invalid', 'wrong_state', ...refusals),
  },
}

export function deviceRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/auth/device/challenge', { schema: challenge }, async (request, reply) => {
    const { tenantId, session } = await callerOf(deps, request)
    await limit(deps, { request, reply, tenantId }, 'device-proof')
    const deviceId = request.body.device as Id<'dev'>
    const begun = await beginDeviceProof(deps, { tenantId, deviceId, session })
    reply.header('cache-control', 'no-store')
    return { challenge: begun.challenge, expiresAt: begun.expiresAt.toISOString() }
  })
  app.post('/api/v1/auth/device/verify', { schema: verify }, async (request, reply) => {
    const { token, session } = await authenticate(deps, request)
    const { tenantId, userId, grantId } = token
    await limit(deps, { request, reply, tenantId }, 'device-proof')
    const open = { tenantId, userId, grantId, sessionId: session.sessionId, origin: originOf(request) }
    const proved = await proveDevice(deps, { ...open, proof: request.body })
    reply.header('cache-control', 'no-store')
    return { ...proved, tokenType: 'Bearer' as const }
  })
}

/** Whose session it is, where there is one; who logs in has none yet. */
async function callerOf(deps: Deps, request: FastifyRequest) {
  if (request.headers.authorization === undefined)
    return { tenantId: await requireTenant(deps, request), session: undefined }
  const { token, session } = await authenticate(deps, request)
  return { tenantId: token.tenantId, session: { userId: token.userId, sessionId: session.sessionId } }
}
