import { listReusesWithin, type ListedReuse, type Party } from '../session/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { requireUser, type UserCall } from './administer-user.ts'

/** One of both parties as administrators see it. */
export type PartyView = Omit<Party, 'at'> & {
  /** RFC 3339. */
  readonly at: string
}

/** A refresh token that came back as administrators see it. */
export type ReuseView = Pick<ListedReuse, 'sessionId' | 'isAlarming'> & {
  readonly holder: PartyView
  readonly presenter: PartyView
}

export type ListReuses = UserCall & { readonly after: string | undefined; readonly limit: number }

/**
 * The refresh tokens of a person that came back within the last 90 days, with both parties of each, page by page: what
 * the event that told of it does not carry.
 * @throws Refusal `not_found`, and what `administer` refuses.
 */
export async function listUserReuses(
  deps: AdministrationDeps,
  call: ListReuses,
): Promise<{ readonly items: ReuseView[]; readonly last: string | undefined }> {
  const { tenantId, userId, after, limit } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'token_reuses.listed', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    await requireUser(tx, tenantId, userId)
    const { items, last } = await listReusesWithin(tx, deps, { tenantId, userId, after, limit })
    return { answer: { items: items.map(view), last } }
  })
}

function view({ sessionId, isAlarming, holder, presenter }: ListedReuse): ReuseView {
  return { sessionId, isAlarming, holder: viewParty(holder), presenter: viewParty(presenter) }
}

function viewParty({ at, ...party }: Party): PartyView {
  return { ...party, at: at.toISOString() }
}
