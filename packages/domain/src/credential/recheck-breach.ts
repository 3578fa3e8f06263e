import { appendAudit } from '../audit/index.ts'
import { inOneFlight, inTenant, run, streamKey } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { normalisePassword } from './normalise-password.ts'
import type { PasswordDeps } from './passwords.ts'
import { noteBreached, noteNotBreached } from './queries.ts'

/** Days after which a password that opens an account is looked for among breached ones again. */
export const breachRecheckDays = 30

export interface RecheckBreach {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** What the password was just found to fit. */
  readonly stored: {
    readonly changedAt: Date
    readonly breachCheckedAt: Date | null
    readonly breachedAt: Date | null
  }
  readonly password: string
  readonly policy: { readonly breachCheck: 'off' | 'open' | 'closed' }
  readonly origin: RequestOrigin
}

/**
 * After a login, looks again whether its password has become known from a breach elsewhere, when that was not done
 * for a month (NIST SP 800-63B-4 3.1.1.2: a password is changed when there is evidence that it was compromised).
 * Nobody waits for it: it never fails or delays a login, and where too many are under way, or the service is away,
 * the next login tries. A password that is found is marked, the person is told by mail, and `password.breached`
 * tells the rest, in one transaction; what a marked one still opens, the tenant's `breachedPasswords` says.
 */
export function recheckBreach(deps: PasswordDeps, input: RecheckBreach): void {
  const { breached, rechecks, report } = deps.passwords
  const { tenantId, stored, policy } = input
  if (breached === undefined || policy.breachCheck === 'off' || !isDue(deps, stored)) return
  const release = rechecks.take()
  if (release === undefined) return
  breached
    .includes(normalisePassword(input.password))
    .then((found) => (found ? mark(deps, input) : noteClean(deps, input)))
    .catch((error: unknown) => report({ what: 'breach_check_failed', tenantId, error }))
    .finally(release)
}

function isDue({ clock }: PasswordDeps, { breachCheckedAt, breachedAt }: RecheckBreach['stored']): boolean {
  if (breachedAt !== null) return false
  return (
    breachCheckedAt === null ||
    clock().getTime() - breachCheckedAt.getTime() >= breachRecheckDays * 86_400_000
  )
}

async function noteClean(deps: PasswordDeps, { tenantId, userId, stored }: RecheckBreach): Promise<void> {
  const checked = { tenantId, userId, changedAt: stored.changedAt, at: deps.clock() }
  await inOneFlight(deps.db, { tenantId }, [noteNotBreached(checked)])
}

/** A password that was changed meanwhile, or marked by another login, is left alone. */
async function mark(deps: PasswordDeps, { tenantId, userId, stored, origin }: RecheckBreach): Promise<void> {
  const at = deps.clock()
  const marked = await inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    if (!(await noteBreached(tx, { tenantId, userId, changedAt: stored.changedAt, at }))) return false
    const common = { tenantId, at, origin }
    const target = { type: 'user', id: userId }
    const actor = { type: 'system' } as const
    const event = { type: 'password.breached', payload: { userId } } as const
    await run(tx, appendAudit({ ...common, actor, action: 'password.breached', target, outcome: 'success' }))
    await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
    await run(tx, queueMail(deps, { tenantId, template: 'password_breached', userId, at }))
    return true
  })
  if (marked) deps.passwords.report({ what: 'breached', tenantId })
}
