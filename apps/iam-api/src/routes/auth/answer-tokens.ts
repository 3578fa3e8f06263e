import type { IssuedSession } from '@iam/domain/session'
import type { FastifyReply } from 'fastify'
import { setRefreshCookie } from '../../http/refresh-cookie.ts'

/** The answer to a login or a refresh: a browser gets its refresh token as a cookie, everyone else in the body. */
export function answerTokens(reply: FastifyReply, issued: IssuedSession, { browser }: { browser: boolean }) {
  const { accessToken, expiresIn, refreshToken, refreshExpiresIn, session, user, mustStepUp } = issued
  reply.header('cache-control', 'no-store')
  const told = mustStepUp === undefined ? {} : { stepUpRequired: mustStepUp }
  const answer = {
    accessToken,
    tokenType: 'Bearer' as const,
    expiresIn,
    refreshExpiresIn,
    session,
    user,
    ...told,
  }
  if (!browser) return { ...answer, refreshToken }
  setRefreshCookie(reply, user.tenantId, { refreshToken, maxAge: refreshExpiresIn })
  return answer
}
