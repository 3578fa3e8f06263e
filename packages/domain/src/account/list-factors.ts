import { inOneFlight } from '../db/index.ts'
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

/** A person's second factors, the oldest first. */
export async function listFactors(
  deps: Pick<FactorDeps, 'db' | 'secrets'>,
  { tenantId, userId }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
): Promise<FactorList> {
  const person = { tenantId, userId }
  const [stored, [codes], [userKey]] = await inOneFlight(deps.db, { tenantId }, [
    factorsOf(person),
    recoveryCodesLeft(person),
    userKeyOf(tenantId, userId),
  ])
  const open = factorOpener(deps, { userId, userKey })
  const items = stored.flatMap(({ disabledAt, kind, ...factor }) =>
    kind === 'recovery' ? [] : [{ ...factor, kind, name: open.name(factor), disabled: disabledAt !== null }],
  )
  return { items, recoveryCodesLeft: codes?.left ?? 0 }
}
