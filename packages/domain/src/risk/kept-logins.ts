import { build } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { DecidedBy, LoginDecision } from './queries.ts'
import type { RiskReason } from './score-risk.ts'
import type { RiskSignals } from './signals.ts'

/** A login as it is kept, with everything that it was decided by. */
export interface KeptLogin {
  readonly id: Id<'lgn'>
  readonly userId: Id<'usr'>
  readonly at: Date
  /** The session that it led to, if any. */
  readonly sessionId: Id<'ses'> | null
  readonly country: string | null
  readonly isTorExit: boolean
  readonly signals: RiskSignals
  readonly by: DecidedBy
  readonly score: number
  readonly reasons: readonly RiskReason[]
  readonly decision: LoginDecision
}

const columns = [
  'id',
  'user_id as userId',
  'created_at as at',
  'session_id as sessionId',
  'country',
  'is_tor_exit as isTorExit',
  'signals',
  'facts as by',
  'score',
  'reasons',
  'decision',
] as const

interface Page {
  readonly tenantId: Id<'ten'>
  /** The last one of the page before, if there was one. */
  readonly before: string | undefined
  readonly limit: number
}

/** A person's logins, the newest first. */
export function loginsOf({ tenantId, userId, before, limit }: Page & { readonly userId: Id<'usr'> }) {
  return newestFirst({ tenantId, before, limit }).where('user_id', '=', userId).$castTo<KeptLogin>().compile()
}

/** A tenant's logins since a time, the newest first: to be narrowed down further. */
export function loginsSince({ since, ...page }: Page & { readonly since: Date }) {
  return newestFirst(page).where('created_at', '>=', since)
}

function newestFirst({ tenantId, before, limit }: Page) {
  const logins = build
    .selectFrom('iam.login_risk')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .orderBy('id', 'desc')
    .limit(limit)
  return before === undefined ? logins : logins.where('id', '<', before)
}
