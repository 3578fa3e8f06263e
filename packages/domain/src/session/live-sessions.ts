import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

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

/** The sessions of a person that have neither been ended nor run out, the newest first. */
export async function findLiveSessions(
  db: Executor,
  { tenantId, userId, at }: Person & { readonly at: Date },
): Promise<LiveSession[]> {
  return db
    .selectFrom('iam.session')
    .select(['id', 'kind', 'amr', 'acr', 'auth_time as authTime', 'created_at as createdAt'])
    .select('expires_at as expiresAt')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', at)
    .orderBy('id', 'desc')
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
