import { inTenant } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { countRequest, type Limiter } from '../limit/index.ts'
import { requireStrongAuthentication, type ShownLogin } from '../session/index.ts'
import { askForExport, recordAsked } from './ask-for-export.ts'
import type { DataRequestDeps } from './deps.ts'

export interface RequestOwnExport {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly login: ShownLogin
  readonly origin: RequestOrigin
}

/**
 * Has everything that is known of somebody put together for them (GDPR Articles 15 and 20): they get a mail when it is
 * there. Whoever asks again before that asks for the same one.
 * @throws Refusal `reauthentication_required`, `rate_limited`.
 */
export async function requestOwnExport(
  deps: DataRequestDeps & { readonly limiter: Limiter },
  { tenantId, userId, login, origin }: RequestOwnExport,
): Promise<{ readonly id: Id<'dsr'> }> {
  await requireStrongAuthentication(deps, { tenantId, userId, login })
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'data-export', value: userId }] })
  const asked = { tenantId, userId, askedBy: 'person', at: deps.clock() } as const
  return inTenant(deps.db, { tenantId }, async (tx) => {
    const { id, isNew } = await askForExport(tx, asked)
    if (isNew) await recordAsked(tx, { asked, id, actor: { type: 'user', id: userId }, origin })
    return { id }
  })
}
