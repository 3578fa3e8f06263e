import type { Db } from '../db/index.ts'
import { streamKey } from '../db/index.ts'
import { newId, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { SealedUserKey } from '../user/index.ts'
import { acrOf } from './assurance.ts'
import { loginOf, riskOf, type Cleared } from './clear-login.ts'
import { deviceOf } from './known-device.ts'
import type { LoginRisk } from './login-risk.ts'
import type { NewSession } from './queries.ts'
import { sealedFacts } from './session-facts.ts'
import type { SessionCache } from './session-cache.ts'

export type OpenDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly sessionCache: SessionCache
}

/** A session that is about to be opened, whoever will hold it. */
export interface Opening {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly userKey: SealedUserKey | undefined
  readonly sessionId: Id<'ses'>
  readonly amr: readonly string[]
  readonly acr: string
  /** When the password was set that they gave; undefined where they gave none. */
  readonly passwordOf: Date | undefined
  /** Seconds since the epoch. */
  readonly authTime: number
  readonly now: Date
  readonly endsAt: Date
  readonly origin: RequestOrigin
  /** Whether the person is to be told of a device that they were never seen with. */
  readonly isNewDevice: boolean
  readonly risk: LoginRisk
  /** The registered device that it is on, if one was proved. */
  readonly onDevice: Id<'dev'> | undefined
  /** The event streams that it is told on. */
  readonly streams: readonly string[]
}

/** Plans a session for a person who has just proved who they are. The id is new at every login. */
export function planOpening(
  { cleared, origin }: { readonly cleared: Cleared; readonly origin: RequestOrigin },
  now: Date,
): Opening {
  const { user, userKey, policy, amr, passwordOf, isNewDevice, onDevice } = loginOf(cleared)
  const { tenantId, id: userId } = user
  const sessionId = newId('ses', now)
  return {
    tenantId,
    userId,
    userKey,
    sessionId,
    amr,
    acr: acrOf(amr),
    passwordOf,
    authTime: Math.floor(now.getTime() / 1000),
    now,
    endsAt: new Date(now.getTime() + policy.sessionSeconds * 1000),
    origin,
    isNewDevice,
    risk: riskOf(cleared),
    onDevice,
    streams: [streamKey(tenantId, userId), streamKey(tenantId, sessionId)],
  }
}

/** The session's row. What tells of the person's device and whereabouts is sealed under their key, or left out. */
export function rowOf(
  deps: Pick<OpenDeps, 'secrets' | 'clock'>,
  opening: Opening,
  name: string | undefined,
): Omit<NewSession, 'held'> {
  const { tenantId, userId, userKey, sessionId, amr, acr, now, endsAt, origin } = opening
  return {
    tenantId,
    id: sessionId,
    userId,
    amr,
    acr,
    createdAt: now,
    expiresAt: endsAt,
    provedDevice: opening.onDevice,
    device: deviceOf(deps, { tenantId, userId, origin }),
    ...sealedFacts(deps, { userId, userKey, sessionId }, { origin, name }),
  }
}
