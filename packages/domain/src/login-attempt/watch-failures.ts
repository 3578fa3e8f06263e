import { appendAudit } from '../audit/index.ts'
import { inOneFlight } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import type { LimitDeps } from '../limit/index.ts'

/** More failed logins at a tenant in a minute than people make: one password tried on everybody, from everywhere. */
const storm = { name: 'login-storm', points: 300, seconds: 60 }

/**
 * Counts a tenant's failed logins and raises the alarm, once a minute, when there are too many. Nobody is refused by
 * it: that would lock a whole tenant out.
 */
export async function watchFailures(
  deps: LimitDeps,
  { tenantId, origin }: { readonly tenantId: Id<'ten'>; readonly origin: RequestOrigin },
): Promise<void> {
  const { points, used } = await deps.limiter.take(storm, `{${tenantId}}`)
  if (used !== points + 1) return
  const alarm = appendAudit({
    tenantId,
    at: deps.clock(),
    actor: { type: 'system' },
    action: 'tenant.login_storm',
    target: { type: 'tenant', id: tenantId },
    outcome: 'success',
    origin,
  })
  await inOneFlight(deps.db, { tenantId }, [alarm]).catch(() => undefined)
}
