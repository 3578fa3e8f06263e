import type { Db } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { LinkStates } from './link-states.ts'

/** What the verbs of a magic link ask for. */
export interface MagicLinkDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly linkStates: LinkStates
}

/** Where somebody who holds one of a link's tokens comes from. */
export interface FromTenant {
  readonly tenantId: Id<'ten'>
  readonly origin: RequestOrigin
}
