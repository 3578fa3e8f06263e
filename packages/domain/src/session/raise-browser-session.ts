import { randomBytes } from 'node:crypto'
import { build, run, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { mintOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { acrOf } from './assurance.ts'
import { raiseBy, type Raising } from './raise-session.ts'

/** What a browser is to hold its session by from now on. */
export interface RenewedCookie {
  /** For the browser's cookie: shown once, never stored. */
  readonly token: string
  /** Until the session's end at the latest, in seconds. */
  readonly maxAge: number
}

/**
 * Makes a browser's session as strong and as recent as what was just proved in it. Its cookie is another one from then
 * on: one that was taken before is worth nothing any more (ASVS 5.0 7.2.4).
 * @throws Refusal `session_ended`.
 */
export async function raiseBrowserSession(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  input: Raising,
): Promise<RenewedCookie> {
  const { tenantId, sessionId, amr } = input
  const now = deps.clock()
  const { token, hash } = mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
    type: 'session',
    tenantId,
    objectId: sessionId,
    generation: 1,
    secret: randomBytes(32),
  })
  const renewed = renew({ tenantId, sessionId, amr, hash, now })
  const { expiresAt } = await raiseBy(deps, input, { now, raise: (tx) => run(tx, renewed) })
  return { token, maxAge: Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000)) }
}

function renew({
  tenantId,
  sessionId,
  amr,
  hash,
  now,
}: {
  readonly tenantId: Id<'ten'>
  readonly sessionId: Id<'ses'>
  readonly amr: readonly string[]
  readonly hash: Buffer
  readonly now: Date
}) {
  return build
    .updateTable('iam.session')
    .set({ amr: [...amr], acr: acrOf(amr), auth_time: now, secret_hash: hash })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .where('kind', '=', 'browser')
    .where('revoked_at', 'is', null)
    .returning('expires_at as expiresAt')
    .compile()
}
