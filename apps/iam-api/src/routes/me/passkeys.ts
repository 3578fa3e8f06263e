import { addPasskey, confirmPasskey } from '@iam/domain/account'
import type { FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { originOf } from '../../http/request-context.ts'
import { toJson } from '../begun-json.ts'
import { PasskeySetup, Registration } from '../passkey-schemas.ts'
import {
  ChallengeToken,
  DeviceName,
  problems,
  RecoveryCodes,
  TenantHeader,
  tenantProblems,
} from '../schemas.ts'

const common = { tags: ['account'], security: [{ bearer: [] }], headers: TenantHeader }
const refusals = [
  'invalid_token',
  'session_ended',
  'tenant_mismatch',
  'reauthentication_required',
  'wrong_state',
  ...tenantProblems,
] as const

const options = {
  ...common,
  summary: 'Begin to add a passkey',
  description:
    'There can be five. Asks for a login of the last five minutes, by a second factor where there is one. The challenge can be answered once, for five minutes, by the same session.',
  response: { 201: PasskeySetup, ...problems(...refusals, 'not_allowed', 'not_found') },
}

const add = {
  ...common,
  summary: 'Add a passkey',
  description: 'Recovery codes come with the first factor, and are told once. The person is told by mail.',
  body: Type.Object(
    { challenge: ChallengeToken, passkey: Registration, name: Type.Optional(DeviceName) },
    { additionalProperties: false },
  ),
  response: {
    201: Type.Object({ id: Type.String(), recoveryCodes: Type.Optional(RecoveryCodes) }),
    ...problems(...refusals, 'challenge_invalid', 'passkey_invalid'),
  },
}

const path = '/api/v1/me/passkeys'

export function passkeysRoutes(app: App, deps: Deps): void {
  app.post(`${path}/options`, { schema: options }, async (request, reply) => {
    const setup = await addPasskey(deps, await callOf(deps, request))
    reply.code(201).header('cache-control', 'no-store')
    return toJson(setup)
  })
  app.post(path, { schema: add }, async (request, reply) => {
    const { passkey: registration, challenge, name } = request.body
    const call = { ...(await callOf(deps, request)), registration, challenge, name }
    const { id, recoveryCodes } = await confirmPasskey(deps, call)
    reply.code(201).header('cache-control', 'no-store')
    return { id, ...(recoveryCodes === undefined ? {} : { recoveryCodes: [...recoveryCodes] }) }
  })
}

async function callOf(deps: Deps, request: FastifyRequest) {
  const { token, session } = await authenticate(deps, request)
  const { tenantId, userId, amr, authTime } = token
  const { sessionId } = session
  return { tenantId, userId, sessionId, login: { amr, authTime }, origin: originOf(request) }
}
