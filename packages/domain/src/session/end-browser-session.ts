import { inOneFlight } from '../db/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
import { readBrowserToken, type PresentedBrowserToken } from './browser-token.ts'
import type { CheckBrowserDeps } from './check-browser-session.ts'
import { endSession } from './end-session.ts'
import { browserSession } from './browser-queries.ts'

/**
 * Signs a browser out: its session ends with the grants that clients have in it. Signing out of one that has ended,
 * or with a token that is not ours, is no error and changes nothing.
 */
export async function endBrowserSession(
  deps: CheckBrowserDeps,
  { origin, ...presented }: PresentedBrowserToken & { readonly origin: RequestOrigin },
): Promise<void> {
  const token = readBrowserToken(deps, presented)
  if (token === undefined) return
  const { tenantId } = presented
  const { sessionId } = token
  const [[found]] = await inOneFlight(deps.db, { tenantId }, [browserSession({ tenantId, ...token })])
  if (found === undefined) return
  const actor = { type: 'user', id: found.userId } as const
  await endSession(deps, { tenantId, sessionId, actor, reason: 'logged_out', origin })
}
