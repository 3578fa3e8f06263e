import type { IssuedSession } from '@iam/domain/session'
import type { FastifyReply } from 'fastify'
import { setRefreshCookie } from '../../http/refresh-cookie.ts'

/** The answer to a login or a refresh: a browser gets its refresh token as a cookie, everyone else in the body. */
export function answerTokens(reply: FastifyReply, issued: IssuedSession, { browser }: { browser: boolean }) {
  const { accessToken, expiresIn, refreshToken, refreshExpiresIn, session, user } = issued
  reply.header('cache-control', 'no-store')
  const answer = { accessToken, tokenType: 'Bearer' as const, expiresIn, refreshExpiresIn, session, user }
  if (!browser) return { ...answer, refreshToken }
  setRefreshCookie(reply, user.tenantId, { refreshToken, maxAge: refreshExpiresIn })
  return answer
}
