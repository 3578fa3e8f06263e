import { appendAudit } from '../audit/index.ts'
import type { Challenge } from '../challenge/index.ts'
import type { Statement } from '../db/index.ts'
import { checkFactor, type CheckFactorDeps, type FactorAnswer, type ProvedFactor } from '../factor/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import { queueMail } from '../mail/index.ts'
import { checkPasskey, type AssertionJson } from '../passkey/index.ts'
import type { SealedUserKey } from '../user/index.ts'

/** What a person answers a challenge with: a code, or one of their passkeys. */
export type ChallengeAnswer = FactorAnswer | { readonly passkey: AssertionJson }

export type ProveFactorDeps = CheckFactorDeps & { readonly issuer: string }

export interface ProveFactor {
  readonly challenge: Challenge
  /** Whom the challenge is about. */
  readonly userId: Id<'usr'>
  readonly userKey: SealedUserKey | undefined
  readonly answer: ChallengeAnswer
  readonly origin: RequestOrigin
}

/**
 * Whether an answer to a challenge is right. Uses nothing up by itself: see `ProvedFactor`. Counted by the person
 * first, however many logins, sessions and challenges they are asked in.
 * @returns why not, for the audit trail, where it is not.
 * @throws Refusal `rate_limited`.
 */
export async function proveFactor(
  deps: ProveFactorDeps,
  { challenge, userId, userKey, answer, origin }: ProveFactor,
): Promise<ProvedFactor | { readonly fault: string }> {
  const { tenantId } = challenge
  if (!('passkey' in answer)) {
    const proved = await checkFactor(deps, { tenantId, userId, userKey, answer, origin })
    if (proved === undefined) return { fault: 'factor' }
    const told = proved.method === 'recovery' ? recoveryUsed(deps, { tenantId, userId, proved, origin }) : []
    return { ...proved, use: [...proved.use, ...told] }
  }
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'second-factor', value: userId }] })
  const checked = await checkPasskey(deps, { challenge, assertion: answer.passkey, origin })
  return 'fault' in checked ? { fault: `factor: ${checked.fault}` } : checked.proved
}

/** A recovery code is rarely used by its person: they are told, whoever used it, and whatever it opened (C188). */
function recoveryUsed(
  deps: CheckFactorDeps,
  {
    tenantId,
    userId,
    proved,
    origin,
  }: { tenantId: Id<'ten'>; userId: Id<'usr'>; proved: ProvedFactor; origin: RequestOrigin },
): Statement<unknown>[] {
  const at = deps.clock()
  const actor = { type: 'user', id: userId } as const
  const target = { type: 'factor', id: proved.factorId }
  return [
    appendAudit({ tenantId, at, actor, action: 'recovery_code.used', target, outcome: 'success', origin }),
    queueMail(deps, { tenantId, template: 'recovery_code_used', userId, at }),
  ]
}
