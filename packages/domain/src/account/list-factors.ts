import { inTenant, run, type Executor } from '../db/index.ts'
import { factorOpener, factorsOf, recoveryCodesLeft } from '../factor/index.ts'
import type { Id } from '../kit/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { FactorDeps } from './factor-call.ts'

/** A second factor, as its person sees it. */
export interface ListedFactor {
  readonly id: Id<'mfa'>
  readonly kind: 'totp' | 'passkey'
  /** What the person calls it. */
  readonly name: string | null
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  /** Whether too many failures switched it off. */
  readonly disabled: boolean
}

export interface FactorList {
  readonly items: readonly ListedFactor[]
  /** How many recovery codes can still be used. */
  readonly recoveryCodesLeft: number
}

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** A person's second factors, the oldest first. */
export async function listFactors(
  deps: Pick<FactorDeps, 'db' | 'secrets'>,
  person: Person,
): Promise<FactorList> {
  return inTenant(deps.db, { tenantId: person.tenantId }, (tx) => factorsWithin(tx, deps, person))
}

/** The same, inside a transaction. */
export async function factorsWithin(
  tx: Executor,
  deps: Pick<FactorDeps, 'secrets'>,
  { tenantId, userId }: Person,
): Promise<FactorList> {
  const person = { tenantId, userId }
  const stored = await run(tx, factorsOf(person))
  const [codes] = await run(tx, recoveryCodesLeft(person))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  const open = factorOpener(deps, { userId, userKey })
  const items = stored.flatMap(({ disabledAt, kind, ...factor }) =>
    kind === 'recovery' ? [] : [{ ...factor, kind, name: open.name(factor), disabled: disabledAt !== null }],
  )
  return { items, recoveryCodesLeft: codes?.left ?? 0 }
}
