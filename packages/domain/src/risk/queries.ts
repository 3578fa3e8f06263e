import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { RiskReason } from './score-risk.ts'
import type { RiskSignals } from './signals.ts'

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** What the gate decided about a login. */
export type LoginDecision = 'open' | 'challenge' | 'mail' | 'enrol' | 'refuse'

/** What else than risk a login is decided by, as it was then. */
export interface DecidedBy {
  /** How the person proved who they are so far (RFC 8176). */
  readonly amr: readonly string[]
  /** Whether the person had a second factor to be asked for. */
  readonly hasFactor: boolean
  /** For how many whole days the browser had been trusted to need none; null where it was not. */
  readonly trustedDays: number | null
  /** Whether the login was for something that takes the person's factor. */
  readonly asksForFactor: boolean
}

export interface NewLogin extends Person {
  readonly id: Id<'lgn'>
  readonly at: Date
  readonly device: Buffer
  readonly network: Buffer
  readonly country: string | null
  readonly isTorExit: boolean
  /** Sealed under the person's key. */
  readonly seenFrom: Buffer | undefined
  readonly signals: RiskSignals
  readonly score: number
  readonly reasons: readonly RiskReason[]
}

/** Logins that are compared with a new one: the newest. */
const mostCompared = 50
/** Days for which a login is kept. */
const loginsKeptFor = 90

/** A person's logins that led to a session, the newest first. */
export function pastLogins({ tenantId, userId }: Person, now: Date) {
  return build
    .selectFrom('iam.login_risk')
    .select(['id', 'created_at as at', 'device', 'network', 'country', 'seen_from as seenFrom'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('opened_at', 'is not', null)
    .where('created_at', '>', new Date(now.getTime() - loginsKeptFor * 86_400_000))
    .orderBy('id', 'desc')
    .limit(mostCompared)
    .compile()
}

/** Adds a login. @param sessionId the session that it leads to, where it leads to one at once. */
export function insertLogin(
  login: NewLogin,
  decided: {
    readonly decision: LoginDecision
    readonly by: DecidedBy
    readonly sessionId: Id<'ses'> | undefined
  },
): Statement {
  return build
    .insertInto('iam.login_risk')
    .values({
      tenant_id: login.tenantId,
      id: login.id,
      user_id: login.userId,
      created_at: login.at,
      session_id: decided.sessionId,
      opened_at: decided.sessionId === undefined ? undefined : login.at,
      device: login.device,
      network: login.network,
      country: login.country,
      is_tor_exit: login.isTorExit,
      seen_from: login.seenFrom,
      signals: JSON.stringify(login.signals),
      facts: JSON.stringify(decided.by),
      score: login.score,
      reasons: JSON.stringify(login.reasons),
      decision: decided.decision,
    })
    .compile()
}

/** Notes that a login whose person proved themselves further has led to a session. */
export function markOpened({
  tenantId,
  id,
  sessionId,
  at,
}: {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'lgn'>
  readonly sessionId: Id<'ses'>
  readonly at: Date
}): Statement {
  return build
    .updateTable('iam.login_risk')
    .set({ session_id: sessionId, opened_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('opened_at', 'is', null)
    .compile()
}

/** Deletes what is remembered of a person's logins: part of erasing the person. */
export async function forgetLogins(db: Executor, { tenantId, userId }: Person): Promise<void> {
  await run(
    db,
    build
      .deleteFrom('iam.login_risk')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .compile(),
  )
}

/** Deletes logins of all tenants that are 90 days old and more. @returns how many went. */
export async function deleteOldLogins(db: Executor): Promise<number> {
  const deleted = await sql`
    delete from iam.login_risk where created_at < iam.now() - make_interval(days => ${loginsKeptFor})`.execute(
    db,
  )
  return Number(deleted.numAffectedRows ?? 0n)
}
