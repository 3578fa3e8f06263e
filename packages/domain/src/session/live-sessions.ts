import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { isAlive } from './live-queries.ts'

export interface LiveSession {
  readonly id: string
  readonly kind: string
  readonly amr: string[]
  readonly acr: string
  readonly authTime: Date
  readonly createdAt: Date
  readonly expiresAt: Date
}

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** The sessions of a person that stand, the newest first. */
export async function findLiveSessions(
  db: Executor,
  { tenantId, userId, at }: Person & { readonly at: Date },
): Promise<LiveSession[]> {
  return db
    .selectFrom('iam.session as s')
    .select(['s.id', 's.kind', 's.amr', 's.acr', 's.auth_time as authTime', 's.created_at as createdAt'])
    .select('s.expires_at as expiresAt')
    .where('s.tenant_id', '=', tenantId)
    .where('s.user_id', '=', userId)
    .where(isAlive(at))
    .orderBy('s.id', 'desc')
    .execute()
}

/** Takes what is personal off the sessions of somebody who is erased. That there were sessions stays. */
export async function forgetSessions(db: Executor, { tenantId, userId }: Person): Promise<void> {
  await db
    .updateTable('iam.session')
    .set({ seen_from: null, name: null })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}
