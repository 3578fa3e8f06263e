import { readChallenge } from '../challenge/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { heldFactorsOf, usableKinds, type FactorKind } from '../factor/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { isMailed } from './check-mailed-code.ts'
import { requireUserId } from './resume-login.ts'

/** A login that waits in a browser for its second step. */
export interface PendingLogin {
  /** What it can be answered with; nothing where a factor is to be added. */
  readonly factors: readonly (FactorKind | 'email')[]
}

export interface FindPendingLogin {
  readonly tenantId: Id<'ten'>
  /** The challenge's token. */
  readonly challenge: string
  readonly binding: Buffer
  /** Which step the page is for; a login that waits for the other one is none. */
  readonly kind: 'second_factor' | 'factor_enrol'
}

/**
 * What a browser is to show next of a login whose first step was right. Nothing is used up by that.
 * @throws Refusal `challenge_invalid`.
 */
export async function findPendingLogin(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, challenge: token, binding, kind }: FindPendingLogin,
): Promise<PendingLogin> {
  const challenge = await readChallenge(deps, { tenantId, token, kinds: [kind], binding })
  const userId = requireUserId(challenge)
  if (isMailed(challenge)) return { factors: ['email'] }
  const [held] = await inOneFlight(deps.db, { tenantId }, [heldFactorsOf({ tenantId, userId })])
  return { factors: usableKinds(held) }
}
