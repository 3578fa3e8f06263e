import { forgetFactors, recordRemoved } from '../factor/index.ts'
import { factorsWithin, type ListedFactor } from '../account/index.ts'
import { voidChallenges } from '../challenge/index.ts'
import { run } from '../db/index.ts'
import { queueMail } from '../mail/index.ts'
import { endSessionsOf } from '../session/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { administerUser, requireUser, type UserCall } from './administer-user.ts'

/** A second factor as administrators see it: what it is, not how its person calls it. Times in RFC 3339. */
export type FactorView = Omit<ListedFactor, 'name' | 'createdAt' | 'lastUsedAt'> & {
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

/** The second factors of a person. @throws Refusal `not_found`, and what `administer` refuses. */
export async function listUserFactors(
  deps: AdministrationDeps,
  call: UserCall,
): Promise<{ readonly items: FactorView[]; readonly recoveryCodesLeft: number }> {
  const { tenantId, userId } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'factors.listed', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    await requireUser(tx, tenantId, userId)
    const { items, recoveryCodesLeft } = await factorsWithin(tx, deps, { tenantId, userId })
    return { answer: { items: items.map(view), recoveryCodesLeft } }
  })
}

function view({ id, kind, createdAt, lastUsedAt, disabled }: ListedFactor): FactorView {
  return {
    id,
    kind,
    disabled,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

/**
 * Takes all second factors of a person away, with their recovery codes, for somebody who lost them. Every session ends,
 * logins that wait for their second step begin again, browsers lose their trust, and the person is told by mail (C202).
 * Whoever knows the password is then let in, or adds a factor where the tenant requires one: hence the recent login.
 * @throws Refusal what `administerUser` refuses.
 */
export async function resetUserFactors(deps: AdministrationDeps, call: UserCall): Promise<void> {
  const { tenantId, userId, origin } = call
  const act = { action: 'user.factors_reset', endsSessions: true, asksForRecentLogin: true } as const
  await administerUser(deps, call, act, async ({ tx, administrator, at }) => {
    const { items } = await factorsWithin(tx, deps, { tenantId, userId })
    if (items.length === 0) return { changed: false }
    const by = { type: administrator.type, id: administrator.id }
    await forgetFactors(tx, { tenantId, userId })
    for (const { id, kind } of items) {
      const removed = { tenantId, userId, id, kind, at, origin, by }
      for (const statement of recordRemoved(deps, removed)) await run(tx, statement)
    }
    await run(tx, voidChallenges({ tenantId, userId, at }))
    const reason = 'revoked_by_administrator'
    const ended = await endSessionsOf(tx, { tenantId, userId, actor: by, reason, at, origin })
    const params = { by: 'administrator' }
    await run(tx, queueMail(deps, { tenantId, template: 'factor_removed', userId, params, at }))
    return { ended }
  })
}
