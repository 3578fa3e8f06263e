import type { Standing } from '@iam/domain/kit'
import type { FastifyReply } from 'fastify'

/**
 * Tells the caller where it stands: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11
 * name every limit, and the three fields of its older versions (03 to 06) the one that is nearest to its end.
 */
export function tellStandings(reply: FastifyReply, standings: readonly Standing[]): void {
  const nearest = standings.toSorted((a, b) => a.left - b.left)[0]
  if (nearest === undefined) return
  reply
    .header(
      'ratelimit-policy',
      standings.map((at) => `"${at.limit}";q=${at.points};w=${at.seconds}`).join(', '),
    )
    .header('ratelimit', standings.map((at) => `"${at.limit}";r=${at.left};t=${at.resetAfter}`).join(', '))
    .header('ratelimit-limit', nearest.points)
    .header('ratelimit-remaining', nearest.left)
    .header('ratelimit-reset', nearest.resetAfter)
}
