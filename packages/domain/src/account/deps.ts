import type { Passwords } from '../credential/index.ts'
import type { Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { SessionCache } from '../session/index.ts'

/** What the verbs of an account ask for; each names its share. */
export interface AccountDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly passwords: Passwords
  readonly sessionCache: SessionCache
}
