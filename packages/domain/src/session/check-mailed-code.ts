import { fitsMailedDigits, type Challenge } from '../challenge/index.ts'
import type { CheckFactorDeps } from '../factor/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import type { ChallengeAnswer } from './prove-factor.ts'

/** What stands in the challenge of a login that is proved by a mailed code. */
export const byMail = { isMailed: true } as const

/** Whether a login's challenge is answered with what was mailed, and with nothing else. */
export function isMailed({ facts }: Challenge): boolean {
  return facts['isMailed'] === true
}

/**
 * Whether an answer is the code that was mailed. Counted by the person, as answers of factors are; the challenge takes
 * five wrong ones besides, and one right one. @throws Refusal `rate_limited`.
 */
export async function checkMailedCode(
  deps: CheckFactorDeps,
  challenge: Challenge,
  {
    userId,
    answer,
    origin,
  }: { readonly userId: Id<'usr'>; readonly answer: ChallengeAnswer; readonly origin: RequestOrigin },
): Promise<boolean> {
  const { tenantId } = challenge
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'second-factor', value: userId }] })
  return 'code' in answer && fitsMailedDigits(deps, challenge, answer.code)
}
