import {
  addTotp,
  confirmTotp,
  listFactors,
  removeFactor,
  renameFactor,
  renewRecoveryCodes,
} from '@iam/domain/account'
import type { Id } from '@iam/domain/kit'
import type { FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { authenticate } from '../../http/authenticate.ts'
import { originOf } from '../../http/request-context.ts'
import {
  DeviceName,
  FactorId,
  problems,
  RaisedAnswer,
  RecoveryCodes,
  TenantHeader,
  tenantProblems,
  TotpCode,
  TotpSetup,
} from '../schemas.ts'

const strict = { additionalProperties: false }
const common = { tags: ['account'], security: [{ bearer: [] }], headers: TenantHeader }
const refusals = ['invalid_token', 'session_ended', 'tenant_mismatch', ...tenantProblems] as const
const strong = [...refusals, 'reauthentication_required'] as const
const one = { params: Type.Object({ factorId: FactorId }) }
const time = Type.String({ format: 'date-time' })

const Factor = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['totp', 'passkey']),
  name: Type.Union([Type.String(), Type.Null()], { description: 'What the person calls it.' }),
  createdAt: time,
  lastUsedAt: Type.Union([time, Type.Null()]),
  disabled: Type.Boolean({ description: 'Whether too many failures switched it off.' }),
})

const list = {
  ...common,
  summary: 'List one’s own second factors',
  description: 'Those that count, the oldest first.',
  response: {
    200: Type.Object({ items: Type.Array(Factor), recoveryCodesLeft: Type.Integer() }),
    ...problems(...refusals),
  },
}

const add = {
  ...common,
  summary: 'Begin to add an authenticator app',
  description:
    'The secret is told once. It counts when a code of it is confirmed, within ten minutes. Asks for a login of the last five minutes, by a second factor where there is one.',
  body: Type.Object({ kind: Type.Literal('totp'), name: Type.Optional(DeviceName) }, strict),
  response: {
    201: TotpSetup,
    ...problems(...strong, 'not_allowed', 'wrong_state', 'not_found', 'rate_limited'),
  },
}

const confirm = {
  ...common,
  ...one,
  summary: 'Confirm an authenticator app',
  description:
    'Recovery codes come with the first factor, and are told once. The person is told by mail. With the first factor the session is raised as by a step-up: its access token comes along, and the refresh token goes on.',
  body: Type.Object({ code: TotpCode }, strict),
  response: {
    200: Type.Object({
      recoveryCodes: Type.Optional(RecoveryCodes),
      ...Type.Partial(RaisedAnswer).properties,
    }),
    ...problems(...strong, 'not_found', 'factor_invalid', 'rate_limited'),
  },
}

const rename = {
  ...common,
  ...one,
  summary: 'Name a second factor',
  body: Type.Object(
    { name: Type.Union([DeviceName, Type.Null()], { description: 'Null takes the name away.' }) },
    strict,
  ),
  response: { 204: Type.Null(), ...problems(...refusals, 'not_found') },
}

const remove = {
  ...common,
  ...one,
  summary: 'Remove a second factor',
  description: 'The recovery codes go with the last one. The person is told by mail.',
  response: { 204: Type.Null(), ...problems(...strong, 'not_found', 'not_allowed') },
}

const renew = {
  ...common,
  summary: 'Make new recovery codes',
  description: 'Told once; the old ones cannot be used any more. The person is told by mail.',
  response: {
    201: Type.Object({ recoveryCodes: RecoveryCodes }),
    ...problems(...strong, 'wrong_state'),
  },
}

const path = '/api/v1/me/mfa-factors'

export function mfaFactorsRoutes(app: App, deps: Deps): void {
  app.get(path, { schema: list }, async (request, reply) => {
    const { items, ...rest } = await listFactors(deps, await factorCall(deps, request))
    reply.header('cache-control', 'no-store')
    return { items: items.map(toJson), ...rest }
  })
  app.post(path, { schema: add }, async (request, reply) => {
    const { name } = request.body
    const setup = await addTotp(deps, { ...(await factorCall(deps, request)), name })
    reply.code(201).header('cache-control', 'no-store')
    return { ...setup, expiresAt: setup.expiresAt.toISOString() }
  })
  app.post('/api/v1/me/recovery-codes', { schema: renew }, async (request, reply) => {
    const recoveryCodes = [...(await renewRecoveryCodes(deps, await factorCall(deps, request)))]
    reply.code(201).header('cache-control', 'no-store')
    return { recoveryCodes }
  })
  oneFactorRoutes(app, deps)
}

function oneFactorRoutes(app: App, deps: Deps): void {
  app.post(`${path}/:factorId/confirm`, { schema: confirm }, async (request, reply) => {
    const call = await factorCall(deps, request)
    const confirming = { ...call, ...factorOf(request), ...request.body }
    const { recoveryCodes, raised } = await confirmTotp(deps, confirming)
    reply.header('cache-control', 'no-store')
    return {
      ...(recoveryCodes === undefined ? {} : { recoveryCodes: [...recoveryCodes] }),
      ...(raised === undefined ? {} : { ...raised, tokenType: 'Bearer' as const }),
    }
  })
  app.patch(`${path}/:factorId`, { schema: rename }, async (request, reply) => {
    await renameFactor(deps, { ...(await factorCall(deps, request)), ...factorOf(request), ...request.body })
    return reply.code(204).send(null)
  })
  app.delete(`${path}/:factorId`, { schema: remove }, async (request, reply) => {
    await removeFactor(deps, { ...(await factorCall(deps, request)), ...factorOf(request) })
    return reply.code(204).send(null)
  })
}

function factorOf({ params }: FastifyRequest) {
  return { factorId: (params as { factorId: string }).factorId as Id<'mfa'> }
}

/**
 * Who asks, and how they had proved who they are when their token was issued: one from before a step-up is worth no
 * more for it.
 */
async function factorCall(deps: Deps, request: FastifyRequest) {
  const { token, session } = await authenticate(deps, request)
  const { tenantId, userId, grantId, amr, authTime } = token
  const { sessionId } = session
  return { tenantId, userId, sessionId, grantId, login: { amr, authTime }, origin: originOf(request) }
}

function toJson({ id, kind, name, createdAt, lastUsedAt, disabled }: Listed) {
  return {
    id,
    kind,
    name,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    disabled,
  }
}

type Listed = Awaited<ReturnType<typeof listFactors>>['items'][number]
