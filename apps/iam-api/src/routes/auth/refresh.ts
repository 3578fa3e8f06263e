import { Refusal } from '@iam/domain/kit'
import { refreshSession } from '@iam/domain/session'
import * as Type from 'typebox'
import type { Deps } from '../../deps.ts'
import { tellStandings } from '../../http/limit-headers.ts'
import { isBrowser, refreshCookie } from '../../http/refresh-cookie.ts'
import { originOf } from '../../http/request-context.ts'
import { namedTenant } from '../../http/tenant.ts'
import type { App } from '../../app.ts'
import { problems, TenantHeader, tenantProblems, TokenAnswer } from '../schemas.ts'
import { answerTokens } from './answer-tokens.ts'

const schema = {
  summary: 'Exchange a refresh token',
  description: 'The token is in the body, or, for a page of the issuer’s own origin, in its cookie.',
  tags: ['session'],
  headers: TenantHeader,
  body: Type.Union([
    Type.Object(
      { refreshToken: Type.Optional(Type.String({ maxLength: 136 })) },
      { additionalProperties: false },
    ),
    Type.Null(),
  ]),
  response: {
    200: TokenAnswer,
    ...problems(
      'invalid_grant',
      'refresh_reused',
      'tenant_mismatch',
      'origin_not_allowed',
      'rate_limited',
      ...tenantProblems,
    ),
  },
}

export function refreshRoute(app: App, deps: Deps): void {
  app.post('/api/v1/auth/refresh', { schema }, async (request, reply) => {
    const browser = isBrowser(deps, request)
    const tenantId = await namedTenant(deps, request)
    const refreshToken = browser ? refreshCookie(request, tenantId) : request.body?.refreshToken
    if (refreshToken === undefined) throw new Refusal('invalid_grant')
    const named = tenantId === undefined ? {} : { tenantId }
    const issued = await refreshSession(deps, { refreshToken, ...named, origin: originOf(request) })
    tellStandings(reply, issued.standings ?? [])
    return answerTokens(reply, issued, { browser })
  })
}
