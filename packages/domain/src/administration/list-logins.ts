import { run } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { loginsOf, type KeptLogin } from '../risk/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { requireUser, type UserCall } from './administer-user.ts'

/** A login as administrators see it. */
export type LoginView = Pick<KeptLogin, 'id' | 'sessionId' | 'country' | 'decision' | 'score' | 'reasons'> & {
  /** RFC 3339. */
  readonly at: string
}

export type ListLogins = UserCall & { readonly after: string | undefined; readonly limit: number }

/**
 * The logins of a person of the last 90 days whose first factor was right, the newest first, page by page, with what
 * was unusual about each. The person is shown neither score nor reasons.
 * @throws Refusal `not_found`, and what `administer` refuses.
 */
export async function listUserLogins(
  deps: AdministrationDeps,
  call: ListLogins,
): Promise<{ readonly items: LoginView[]; readonly last: Id<'lgn'> | undefined }> {
  const { tenantId, userId, after, limit } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'logins.listed', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    await requireUser(tx, tenantId, userId)
    const found = await run(tx, loginsOf({ tenantId, userId, before: after, limit: limit + 1 }))
    const logins = found.slice(0, limit)
    const last = found.length > limit ? logins.at(-1)?.id : undefined
    return { answer: { items: logins.map(view), last } }
  })
}

function view({ id, at, sessionId, country, decision, score, reasons }: KeptLogin): LoginView {
  return { id, at: at.toISOString(), sessionId, country, decision, score, reasons }
}
