import { readChallenge } from '../challenge/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { heldFactorsOf, usableKinds, type FactorKind } from '../factor/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { isMailed } from './check-mailed-code.ts'
import { requireUserId } from './resume-login.ts'

/** A login that waits in a browser for its second step. */
export interface PendingLogin {
  /** Whether a factor is to be shown, or one to be added. */
  readonly kind: 'second_factor' | 'factor_enrol'
  /** What it can be answered with. */
  readonly factors: readonly (FactorKind | 'email')[]
}

/**
 * What a browser is to show next of a login whose first step was right. Nothing is used up by that.
 * @throws Refusal `challenge_invalid`.
 */
export async function findPendingLogin(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, challenge: token, binding }: { tenantId: Id<'ten'>; challenge: string; binding: Buffer },
): Promise<PendingLogin> {
  const kinds = ['second_factor', 'factor_enrol'] as const
  const challenge = await readChallenge(deps, { tenantId, token, kinds, binding })
  const userId = requireUserId(challenge)
  if (isMailed(challenge)) return { kind: 'second_factor', factors: ['email'] }
  const [held] = await inOneFlight(deps.db, { tenantId }, [heldFactorsOf({ tenantId, userId })])
  const kind = challenge.kind === 'factor_enrol' ? 'factor_enrol' : 'second_factor'
  return { kind, factors: usableKinds(held) }
}
