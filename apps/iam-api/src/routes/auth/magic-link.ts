import { checkMagicLink, logInWithMagicLink, requestMagicLink, type MagicProof } from '@iam/domain/magic-link'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { limit } from '../../http/limit.ts'
import { deviceCookie, keepKnownDevice, limitLink } from '../../http/login-lane.ts'
import { isBrowser } from '../../http/refresh-cookie.ts'
import { localeOf, originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import {
  DeviceName,
  Email,
  MailedDigits,
  OneTimeToken,
  problems,
  TenantHeader,
  tenantProblems,
  TokenAnswer,
} from '../schemas.ts'
import { answerTokens } from './answer-tokens.ts'

const strict = { additionalProperties: false }
const common = { tags: ['login'], headers: TenantHeader }
const Request = Type.String({
  minLength: 1,
  maxLength: 136,
  description: 'What the device that asked was answered. It never leaves that device.',
})

const ask = {
  ...common,
  summary: 'Have a link and a code to log in mailed',
  description: 'The answer is the same whether or not the address is registered. Earlier links become void.',
  body: Type.Object({ email: Email }, strict),
  response: {
    202: Type.Object({
      request: Request,
      number: Type.String({
        description:
          'For the device to show: typed behind the link on another device, it lets this one go on.',
      }),
      expiresAt: Type.String({ format: 'date-time' }),
    }),
    ...problems('magic_links_off', 'tenant_required', 'rate_limited', ...tenantProblems),
  },
}

const check = {
  ...common,
  summary: 'Ask how a mailed link stands',
  description: 'For the device that asked for it, every few seconds.',
  body: Type.Object({ request: Request }, strict),
  response: {
    200: Type.Object({
      status: Type.Enum(['waiting', 'approved', 'ended'], {
        description: 'Ended: used, overtaken by a newer one, or too old.',
      }),
    }),
    ...problems('code_invalid', 'tenant_required', ...tenantProblems),
  },
}

const onThisDevice = { request: Request, device: Type.Optional(DeviceName) }

const consume = {
  ...common,
  summary: 'Log in with a mailed link or code',
  description:
    'On the device that asked: with the token of the link or the code that were mailed, or with neither once the link was approved from another device.',
  body: Type.Union([
    Type.Object({ ...onThisDevice, token: OneTimeToken }, strict),
    Type.Object({ ...onThisDevice, code: MailedDigits }, strict),
    Type.Object(onThisDevice, strict),
  ]),
  response: {
    200: TokenAnswer,
    ...problems(
      'code_invalid',
      'magic_links_off',
      'user_suspended',
      'mfa_required',
      'mfa_enrolment_required',
      'login_refused',
      'location_not_allowed',
      'origin_not_allowed',
      'tenant_required',
      'rate_limited',
      ...tenantProblems,
    ),
  },
}

export function magicLinkRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/auth/magic-link/request', { schema: ask }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    const { email } = request.body
    await limitLink(deps, { request, reply, tenantId, email })
    const from = { tenantId, locale: localeOf(request), origin: originOf(request) }
    const { expiresAt, ...asked } = await requestMagicLink(deps, { email, ...from })
    reply.header('cache-control', 'no-store')
    return reply.code(202).send({ ...asked, expiresAt: expiresAt.toISOString() })
  })
  app.post('/api/v1/auth/magic-link/status', { schema: check }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    const { status } = await checkMagicLink(deps, { tenantId, ...request.body })
    reply.header('cache-control', 'no-store')
    return { status }
  })
  app.post('/api/v1/auth/magic-link/consume', { schema: consume }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const tenantId = await requireTenant(deps, request)
    await limit(deps, { request, reply, tenantId }, 'one-time-code')
    const { request: asked, device } = request.body
    const proof = proofIn(request.body)
    const opened = await logInWithMagicLink(deps, {
      tenantId,
      request: asked,
      proof,
      device,
      knownBy: deviceCookie(request, tenantId),
      origin: originOf(request),
    })
    if (browser) keepKnownDevice(deps, { request, reply, tenantId, email: opened.user.email })
    return answerTokens(reply, opened, { browser })
  })
}

function proofIn(body: {
  readonly request: string
  readonly token?: string
  readonly code?: string
}): MagicProof {
  if (body.token !== undefined) return { by: 'link', token: body.token }
  return body.code === undefined ? { by: 'approval' } : { by: 'code', code: body.code }
}
