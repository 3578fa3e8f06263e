import { run } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { loginsSince, type KeptLogin, type RiskReason } from '../risk/index.ts'
import { replayLogin, type Clearance } from '../session/index.ts'
import { readTenantPolicy, type TenantPolicy } from '../tenant/index.ts'
import { administer, type Acting, type AdministrationDeps, type AdministrativeCall } from './administer.ts'
import { merge, requirePolicy, type PolicyChange } from './change-policy.ts'

/** What becomes of a login; `challenged` also where a factor has to be added first. */
export type Fate = 'allowed' | 'challenged' | 'refused'

/** A login that the change would have decided otherwise. */
export interface ChangedLogin {
  readonly id: Id<'lgn'>
  readonly userId: Id<'usr'>
  /** RFC 3339. */
  readonly at: string
  readonly before: Fate
  readonly after: Fate
  readonly score: number
  readonly reasons: readonly RiskReason[]
}

export interface PolicyTrial {
  /** The logins that were looked at: of the last 30 days, the newest 20,000 at most. */
  readonly logins: number
  readonly before: Readonly<Record<Fate, number>>
  readonly after: Readonly<Record<Fate, number>>
  readonly items: readonly ChangedLogin[]
  readonly last: string | undefined
}

export type TryPolicy = AdministrativeCall & {
  readonly change: PolicyChange
  /** The last one of the page before, if there was one. */
  readonly after: string | undefined
  readonly limit: number
}

const days = 30
const mostLogins = 20_000
const batch = 1_000

/**
 * What a change of the policy would have meant for the logins of the last 30 days: by the same rules as the gate's,
 * from what was kept of each. Nothing is changed. The logins are compared under the policy as it stands and as it
 * would stand.
 * @throws Refusal what `administer` refuses.
 */
export async function tryPolicy(deps: AdministrationDeps, call: TryPolicy): Promise<PolicyTrial> {
  const target = { type: 'tenant', id: call.tenantId }
  const act = { action: 'policy.tried', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx, at }) => {
    const { stored } = await requirePolicy(tx, { ...call, for: 'reading' })
    const policies = {
      before: readTenantPolicy(stored),
      after: readTenantPolicy(merge(stored, call.change)),
    }
    const trial = new Trial(policies, call)
    for await (const logins of loginsIn({ tx, at }, call.tenantId))
      for (const login of logins) trial.add(login)
    return { answer: trial.result() }
  })
}

/** A tenant's logins of the last 30 days, the newest first, in batches. */
async function* loginsIn({ tx, at }: Pick<Acting, 'tx' | 'at'>, tenantId: Id<'ten'>) {
  const since = new Date(at.getTime() - days * 86_400_000)
  let before: string | undefined
  for (let seen = 0; seen < mostLogins; seen += batch) {
    const logins = await run(tx, loginsSince({ tenantId, since, before, limit: batch }))
    yield logins
    if (logins.length < batch) return
    before = logins.at(-1)?.id
  }
}

interface Policies {
  readonly before: TenantPolicy
  readonly after: TenantPolicy
}
type TrialPage = Pick<TryPolicy, 'after' | 'limit'>

class Trial {
  readonly #policies: Policies
  readonly #page: TrialPage
  readonly #before = { allowed: 0, challenged: 0, refused: 0 }
  readonly #after = { allowed: 0, challenged: 0, refused: 0 }
  readonly #changed: ChangedLogin[] = []
  #logins = 0

  constructor(policies: Policies, page: TrialPage) {
    this.#policies = policies
    this.#page = page
  }

  add(login: KeptLogin): void {
    const before = fates[replayLogin(this.#policies.before, login)]
    const after = fates[replayLogin(this.#policies.after, login)]
    this.#logins += 1
    this.#before[before] += 1
    this.#after[after] += 1
    const isOnPage = this.#page.after === undefined || login.id < this.#page.after
    if (before === after || !isOnPage || this.#changed.length > this.#page.limit) return
    const { id, userId, at, score, reasons } = login
    this.#changed.push({ id, userId, at: at.toISOString(), before, after, score, reasons })
  }

  result(): PolicyTrial {
    const items = this.#changed.slice(0, this.#page.limit)
    const last = this.#changed.length > items.length ? items.at(-1)?.id : undefined
    return { logins: this.#logins, before: this.#before, after: this.#after, items, last }
  }
}

const fates: Readonly<Record<Clearance, Fate>> = {
  open: 'allowed',
  challenge: 'challenged',
  mail: 'challenged',
  enrol: 'challenged',
  refuse: 'refused',
}
