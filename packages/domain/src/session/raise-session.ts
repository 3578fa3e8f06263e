import { sql } from 'kysely'
import { appendAudit } from '../audit/index.ts'
import {
  build,
  inOneFlight,
  inTenant,
  run,
  streamKey,
  type Db,
  type Executor,
  type Statement,
} from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { requireSigner, type SigningKeys } from '../signing-key/index.ts'
import { acrOf } from './assurance.ts'
import { readSession } from './check-session.ts'
import { signChangeAhead, type RaisedGrant } from './grant-to-mint.ts'
import { mintForGrant } from './mint-for-grant.ts'
import type { FamilyClaims } from './queries.ts'
import type { SessionCache } from './session-cache.ts'

export interface RaiseSession {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly sessionId: Id<'ses'>
  readonly grantId: Id<'grt'>
  /** Streams besides the session's that what uses up the proof is told on. */
  readonly streams?: readonly string[]
  /** Everything that was proved in this session, what was proved just now included. */
  readonly amr: readonly string[]
  /** What uses up the proof. */
  readonly also: readonly Statement<unknown>[]
  readonly origin: RequestOrigin
}

export type RaiseDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly sessionCache: SessionCache
  readonly signingKeys: SigningKeys
  readonly issuer: string
}

/** The access token of a session that was raised. Times in seconds. */
export interface RaisedSession {
  readonly accessToken: string
  readonly expiresIn: number
}

/**
 * Makes an open session as strong and as recent as what was just proved, with the grant that asks, in one transaction.
 * Tokens from before say what was true before; the refresh token goes on, and what it is exchanged for says what is true
 * now. Other grants of the session go on as they are.
 * @throws Refusal `session_ended`, `temporarily_unavailable` when no key can sign.
 */
export async function raiseSession(deps: RaiseDeps, input: RaiseSession): Promise<RaisedSession> {
  const { tenantId, userId, grantId } = input
  const now = deps.clock()
  const change = (claims: FamilyClaims) => ({ ...claims, ...raisedClaims(input, now) })
  await signChangeAhead(deps, input, { now, change })
  // Asked for before the commit: where nothing can sign, nothing is raised.
  const signable = async (tx: Executor) => {
    const rows = await run(tx, raise(input, now))
    return rows.map((row) => ({ ...row, signer: requireSigner(deps.signingKeys, now, row.accessTokenAlg) }))
  }
  const raised = await raiseBy(deps, input, { now, raise: signable })
  await readSession(deps, { tenantId, grantId })
  const { issuer } = deps
  return mintForGrant(raised.signer, { ...raised, issuer, tenantId, userId, grantId, now })
}

/** What a session is raised with, whoever holds it. */
export type Raising = Omit<RaiseSession, 'grantId'>

/**
 * Raises a session by what answers a row if it stands, uses up what was proved, and records it.
 * @throws Refusal `session_ended`.
 */
export async function raiseBy<Row>(
  { db }: Pick<RaiseDeps, 'db'>,
  { tenantId, userId, sessionId, streams = [], amr, also, origin }: Raising,
  { now, raise: by }: { readonly now: Date; readonly raise: (tx: Executor) => Promise<readonly Row[]> },
): Promise<Row> {
  // Whatever ends a session locks its stream first, and then its rows in another order than this does.
  const scope = { tenantId, streams: [...streams, streamKey(tenantId, sessionId)] }
  return inTenant(db, scope, async (tx) => {
    const [row] = await by(tx)
    if (row === undefined) throw new Refusal('session_ended')
    for (const each of also) await run(tx, each)
    const actor = { type: 'user', id: userId } as const
    const target = { type: 'session', id: sessionId }
    const done = { action: 'session.stepped_up', outcome: 'success', reason: amr.join(' ') } as const
    await run(tx, appendAudit({ tenantId, at: now, actor, target, ...done, origin }))
    return row
  })
}

function raisedClaims({ amr }: Pick<RaiseSession, 'amr'>, now: Date) {
  return { amr, acr: acrOf(amr), auth_time: Math.floor(now.getTime() / 1000) }
}

function raise(input: RaiseSession, now: Date) {
  const { tenantId, sessionId, grantId, amr } = input
  const raised = raisedClaims(input, now)
  const { acr } = raised
  const claims = JSON.stringify(raised)
  return sql<RaisedGrant>`
    with raised as (
      update iam.session set amr = ${amr}, acr = ${acr}, auth_time = ${now}
       where tenant_id = ${tenantId} and id = ${sessionId} and revoked_at is null
      returning id
    )
    update iam.refresh_family f
       set claims = f.claims || ${claims}::jsonb, claims_version = f.claims_version + 1
      from raised
     where f.tenant_id = ${tenantId} and f.session_id = raised.id and f.revoked_at is null
       and f.grant_id = ${grantId}
    returning f.claims, f.claims_version as "claimsVersion", f.client_id as "clientId",
              f.access_token_seconds as "accessTokenSeconds", f.ends_at as "endsAt",
              iam.token_alg(f.tenant_id, f.client_id, f.claims->>'aud') as "accessTokenAlg"`.compile(build)
}

/** What was proved in an open session so far. @throws Refusal `session_ended`. */
export async function provedIn(
  deps: Pick<RaiseDeps, 'db'>,
  { tenantId, sessionId }: Pick<RaiseSession, 'tenantId' | 'sessionId'>,
): Promise<readonly string[]> {
  const [[session]] = await inOneFlight(deps.db, { tenantId }, [
    build
      .selectFrom('iam.session')
      .select('amr')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', sessionId)
      .where('revoked_at', 'is', null)
      .compile(),
  ])
  if (session === undefined) throw new Refusal('session_ended')
  return session.amr
}
