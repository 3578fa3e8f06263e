import { sql } from 'kysely'
import { build } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { isAlive } from './live-queries.ts'

type ByHash = { readonly tenantId: Id<'ten'>; readonly sessionId: Id<'ses'>; readonly hash: Buffer }

/** Whose session a browser's token is, ended or not. */
export function browserSession({ tenantId, sessionId, hash }: ByHash) {
  return build
    .selectFrom('iam.session')
    .select('user_id as userId')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .where('secret_hash', '=', hash)
    .compile()
}

/** A browser's session as it stands, with its account. */
export interface TouchedSession {
  readonly userId: Id<'usr'>
  readonly email: string
  readonly locale: string
  readonly status: string
  readonly amr: readonly string[]
  readonly acr: string
  readonly authTime: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  readonly lastSeenAt: Date
  readonly idleSeconds: number
}

/**
 * A browser's session by its token, and, if it stands and that was not noted within this minute, a note that it is
 * used now. The note goes forward only, whatever the clocks say, and is not made on what has ended meanwhile.
 */
export function touchBrowserSession({ tenantId, sessionId, hash, now }: ByHash & { readonly now: Date }) {
  return sql<TouchedSession>`
    with touched as (
      update iam.session s set last_seen_at = ${now}
        from iam."user" u
       where s.tenant_id = ${tenantId} and s.id = ${sessionId} and s.secret_hash = ${hash}
         and u.tenant_id = s.tenant_id and u.id = s.user_id and u.status = 'active'
         and s.last_seen_at <= ${new Date(now.getTime() - 60_000)} and ${isAlive(now)}
    )
    select s.user_id as "userId", u.email, u.locale, u.status, s.amr, s.acr, s.auth_time as "authTime",
           s.expires_at as "expiresAt", s.revoked_at as "revokedAt", s.last_seen_at as "lastSeenAt",
           s.idle_seconds as "idleSeconds"
      from iam.session s join iam."user" u on u.tenant_id = s.tenant_id and u.id = s.user_id
     where s.tenant_id = ${tenantId} and s.id = ${sessionId} and s.secret_hash = ${hash}`.compile(build)
}
