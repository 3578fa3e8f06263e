import { inOneFlight, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { countRequest, type Limiter } from '../limit/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { SealedUserKey } from '../user/index.ts'
import type { FactorKind, ProvedFactor } from './factor.ts'
import { usableTotpOf, useTotpStep } from './queries.ts'
import { recoveryFactorOf, useRecoveryCode } from './recovery-queries.ts'
import { recoveryCodeHash } from './recovery-codes.ts'
import { factorOpener } from './sealed-values.ts'
import { matchingStep } from './totp.ts'

/** What a person answers a challenge with. */
export type FactorAnswer = { readonly code: string } | { readonly recoveryCode: string }

export interface CheckFactor {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly userKey: SealedUserKey | undefined
  readonly answer: FactorAnswer
  readonly origin: RequestOrigin
}

export type CheckFactorDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly limiter: Limiter
}

/**
 * Whether an answer is right. Uses nothing up by itself: see `ProvedFactor`. Counted by the person first, however many
 * logins, sessions and challenges they are asked in.
 * @returns undefined for a wrong one, and for one that was used before.
 * @throws Refusal `rate_limited`.
 */
export async function checkFactor(
  deps: CheckFactorDeps,
  { answer, ...person }: CheckFactor,
): Promise<ProvedFactor | undefined> {
  const { tenantId, userId, origin } = person
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'second-factor', value: userId }] })
  return 'code' in answer
    ? checkTotp(deps, person, answer.code)
    : checkRecovery(deps, person, answer.recoveryCode)
}

/** Which kind of factor an answer is of. */
export function kindOfAnswer(answer: FactorAnswer): FactorKind {
  return 'code' in answer ? 'totp' : 'recovery'
}

type Person = Omit<CheckFactor, 'answer'>

async function checkTotp(
  deps: CheckFactorDeps,
  { tenantId, userId, userKey }: Person,
  code: string,
): Promise<ProvedFactor | undefined> {
  const [held] = await inOneFlight(deps.db, { tenantId }, [usableTotpOf({ tenantId, userId })])
  const open = factorOpener(deps, { userId, userKey })
  const at = deps.clock()
  for (const factor of held) {
    const secret = open.secret(factor)
    const step = secret && matchingStep(secret, code, at)
    if (step === undefined || (factor.lastStep !== null && step <= Number(factor.lastStep))) continue
    return { factorId: factor.id, method: 'otp', use: [useTotpStep({ tenantId, id: factor.id, step, at })] }
  }
  return undefined
}

async function checkRecovery(
  deps: CheckFactorDeps,
  { tenantId, userId }: Person,
  code: string,
): Promise<ProvedFactor | undefined> {
  const hash = recoveryCodeHash({ tenantId, userId }, code)
  const [[factor]] = await inOneFlight(deps.db, { tenantId }, [recoveryFactorOf({ tenantId, userId, hash })])
  if (factor === undefined) return undefined
  const use = [useRecoveryCode({ tenantId, id: factor.id, hash, at: deps.clock() })]
  return { factorId: factor.id, method: 'recovery', use }
}
