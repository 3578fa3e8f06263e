import { inOneFlight, type Statement } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { CheckFactorDeps } from './check-factor.ts'
import { confirmFactor, countPendingFailure, heldFactorsOf, pendingTotp } from './queries.ts'
import { recordEnrolled } from './record-enrolled.ts'
import { planFirstRecoveryCodes } from './recovery-codes.ts'
import { factorOpener } from './sealed-values.ts'
import { matchingStep } from './totp.ts'

export interface ConfirmTotp {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly factorId: Id<'mfa'>
  readonly code: string
  /** Whether it must be the person's first: who adds one in place of a second step must not add one to another's. */
  readonly mustBeFirst: boolean
  readonly origin: RequestOrigin
}

/** A factor that works, and what makes it count. */
export interface PlannedFactor {
  /** To stand in a flight with the person's stream in its scope; it fails with `factorUsed` when it counts already. */
  readonly statements: readonly Statement<unknown>[]
  /** Told once, with the person's first factor. */
  readonly recoveryCodes: readonly string[] | undefined
}

/**
 * Checks the code that shows that an authenticator app works. Nothing counts before the statements have committed.
 * @throws Refusal `not_found` for what is not the person's, not there, confirmed already, too old or guessed at too
 *   often (C187); `factor_invalid` after counting a wrong code; `rate_limited`.
 */
export async function planConfirmation(
  deps: CheckFactorDeps,
  { tenantId, userId, factorId: id, code, mustBeFirst, origin }: ConfirmTotp,
): Promise<PlannedFactor> {
  const person = { tenantId, userId }
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'second-factor', value: userId }] })
  const at = deps.clock()
  const [[pending], [userKey], held] = await inOneFlight(deps.db, { tenantId }, [
    pendingTotp({ ...person, id, now: at }),
    userKeyOf(tenantId, userId),
    heldFactorsOf(person),
  ])
  const secret = pending && factorOpener(deps, { userId, userKey }).secret(pending)
  if (secret === undefined) throw new Refusal('not_found')
  const step = matchingStep(secret, code, at)
  if (step === undefined) {
    await inOneFlight(deps.db, { tenantId }, [countPendingFailure({ tenantId, id })])
    throw new Refusal('factor_invalid')
  }
  const codes = planFirstRecoveryCodes({ ...person, at }, held)
  return {
    statements: [
      confirmFactor({ ...person, id, step, at, mustBeFirst }),
      ...codes.statements,
      ...recordEnrolled(deps, { ...person, id, kind: 'totp', at, origin }),
    ],
    recoveryCodes: codes.codes,
  }
}
