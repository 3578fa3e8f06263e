import { factorUsed } from '../factor/index.ts'
import type { Db } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import type { Limiter } from '../limit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { ShownLogin } from '../session/index.ts'

/** Who wants something done to their second factors, from an open session. */
export interface FactorCall {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** How and when they proved who they are. */
  readonly login: ShownLogin
  readonly origin: RequestOrigin
}

/** What the verbs on second factors ask for. */
export interface FactorDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly limiter: Limiter
}

/** Somebody else was quicker: what was to be changed is not there any more. @throws Refusal `not_found`. */
export function refuseOvertaken(error: unknown): never {
  if ((error as { code?: unknown }).code === factorUsed) throw new Refusal('not_found')
  throw error
}
