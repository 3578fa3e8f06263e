import { run } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import {
  loginsOfKinds,
  tallyLogins,
  type KeptLogin,
  type LoginTally,
  type RiskReason,
} from '../risk/index.ts'
import { replayLogin, type Clearance } from '../session/index.ts'
import { readTenantPolicy, type TenantPolicy } from '../tenant/index.ts'
import { administer, type AdministrationDeps, type AdministrativeCall } from './administer.ts'
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
  /** The logins of the last 30 days. */
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

/**
 * What a change of the policy would have meant for the logins of the last 30 days: by the same rules as the gate's,
 * from what was kept of each. Nothing is changed. The logins are compared under the policy as it stands and as it
 * would stand.
 * @throws Refusal what `administer` refuses.
 */
export async function tryPolicy(deps: AdministrationDeps, call: TryPolicy): Promise<PolicyTrial> {
  const { tenantId, change, after: before, limit } = call
  const target = { type: 'tenant', id: tenantId }
  const act = { action: 'policy.tried', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx, at }) => {
    const { stored } = await requirePolicy(tx, { ...call, for: 'reading' })
    const since = new Date(at.getTime() - days * 86_400_000)
    const tally = await run(tx, tallyLogins({ tenantId, since }))
    const { kinds, ...counts } = decideTwice(
      tally,
      readTenantPolicy(stored),
      readTenantPolicy(merge(stored, change)),
    )
    const page = { tenantId, since, before, limit: limit + 1, kinds: [...kinds.keys()] }
    const found = await run(tx, loginsOfKinds(page))
    const items = found.slice(0, limit).map((login) => view(login, kinds.get(login.kind)))
    const last = found.length > limit ? items.at(-1)?.id : undefined
    return { answer: { ...counts, items, last } }
  })
}

type Fates = { readonly before: Fate; readonly after: Fate }

/** Decides about each kind of login under both policies. @returns the counts, and the kinds that come out otherwise. */
function decideTwice(tally: readonly LoginTally[], stands: TenantPolicy, changed: TenantPolicy) {
  const before = { allowed: 0, challenged: 0, refused: 0 }
  const after = { allowed: 0, challenged: 0, refused: 0 }
  const kinds = new Map<string, Fates>()
  for (const login of tally) {
    const fate = { before: fates[replayLogin(stands, login)], after: fates[replayLogin(changed, login)] }
    before[fate.before] += login.logins
    after[fate.after] += login.logins
    if (fate.before !== fate.after) kinds.set(login.kind, fate)
  }
  return { logins: tally.reduce((sum, { logins }) => sum + logins, 0), before, after, kinds }
}

function view({ id, userId, at, score, reasons }: KeptLogin, fate: Fates | undefined): ChangedLogin {
  if (fate === undefined) throw new Error('A login was found of a kind that was not asked for.')
  return { id, userId, at: at.toISOString(), ...fate, score, reasons }
}

const fates: Readonly<Record<Clearance, Fate>> = {
  open: 'allowed',
  challenge: 'challenged',
  mail: 'challenged',
  enrol: 'challenged',
  refuse: 'refused',
}
