import { sql } from 'kysely'
import { build } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { loginsSince, type KeptLogin } from './kept-logins.ts'
import type { RiskSignals } from './signals.ts'

/** Logins that every policy decides alike, and how many there are of them. */
export interface LoginTally extends Pick<KeptLogin, 'country' | 'isTorExit' | 'by' | 'score'> {
  readonly kind: string
  readonly signals: Pick<RiskSignals, 'outside' | 'isBreached'>
  readonly logins: number
}

/** What a policy decides by, as one word. */
const kind = sql<string>`md5(row(country, is_tor_exit, facts, score, signals -> 'outside', signals -> 'isBreached')::text)`

/** How many logins of each kind a tenant had since a time. */
export function tallyLogins({ tenantId, since }: { readonly tenantId: Id<'ten'>; readonly since: Date }) {
  return build
    .selectFrom('iam.login_risk')
    .select([kind.as('kind'), 'country', 'is_tor_exit as isTorExit', 'facts as by', 'score'])
    .select(
      sql`jsonb_build_object('outside', signals -> 'outside', 'isBreached', signals -> 'isBreached')`.as(
        'signals',
      ),
    )
    .select(sql<number>`count(*)::int`.as('logins'))
    .where('tenant_id', '=', tenantId)
    .where('created_at', '>=', since)
    .groupBy(['country', 'is_tor_exit', 'facts', 'score'])
    .groupBy([sql`signals -> 'outside'`, sql`signals -> 'isBreached'`])
    .$castTo<LoginTally>()
    .compile()
}

/** The logins of some kinds, the newest first. */
export function loginsOfKinds({
  kinds,
  ...page
}: Parameters<typeof loginsSince>[0] & { readonly kinds: readonly string[] }) {
  return loginsSince(page)
    .select(kind.as('kind'))
    .where(kind, 'in', [...kinds, ''])
    .$castTo<KeptLogin & { readonly kind: string }>()
    .compile()
}
