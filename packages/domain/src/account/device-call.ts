import type { Db } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import type { Limiter } from '../limit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { SessionCache } from '../session/index.ts'

/** Who wants something done to one of their devices, from an open session. */
export interface DeviceCall {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly deviceId: Id<'dev'>
  readonly origin: RequestOrigin
}

/** What the verbs on devices ask for. */
export interface DeviceDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly limiter: Limiter
  readonly sessionCache: SessionCache
}
