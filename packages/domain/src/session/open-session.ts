import { randomBytes } from 'node:crypto'
import { appendAudit } from '../audit/index.ts'
import type { ClientSettings } from '../client/index.ts'
import { inOneFlight, streamKey, type Db, type Statement } from '../db/index.ts'
import { newId, Refusal, withPrefix, type Clock, type RequestOrigin } from '../kit/index.ts'
import { mintOpaqueToken } from '../opaque-token/index.ts'
import { appendEvent } from '../outbox/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { SigningKeys } from '../signing-key/index.ts'
import { takeStatusSlot, type StatusSlot } from '../status-list/index.ts'
import { sealPersonal, type SealedUserKey, type User } from '../user/index.ts'
import type { IssuedSession } from './issued-session.ts'
import { mintForGrant } from './mint-for-grant.ts'
import { firstGeneration, insertFamily, insertGrant, insertSession } from './queries.ts'
import type { SessionCache } from './session-cache.ts'

export type OpenSessionDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly signingKeys: SigningKeys
  readonly sessionCache: SessionCache
  readonly issuer: string
  /** How many status lists the region has. */
  readonly statusShards: number
}

export interface OpenSession {
  readonly user: User
  readonly userKey: SealedUserKey | undefined
  readonly client: ClientSettings
  /** How the person proved who they are (RFC 8176). */
  readonly amr: readonly string[]
  readonly acr: string
  /** From now to the session's end, in seconds. */
  readonly lifetime: number
  readonly device: string | undefined
  readonly origin: RequestOrigin
  /** What else becomes true with the session, in its transaction. */
  readonly also?: readonly Statement<unknown>[]
}

/**
 * Opens a session with a grant for the client and the grant's refresh family. Everything is signed before the
 * one flight that stores it, so that a signer that fails leaves nothing behind.
 * @throws Refusal `temporarily_unavailable` when no key can sign.
 */
export async function openSession(deps: OpenSessionDeps, input: OpenSession): Promise<IssuedSession> {
  const now = deps.clock()
  const signer = deps.signingKeys.signer(now)
  if (signer === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  const opening = plan(deps, input, now)
  const { tenantId, grantId, sessionId, userId, endsAt } = opening
  const minted = mintForGrant(signer, {
    issuer: deps.issuer,
    tenantId,
    userId,
    grantId,
    clientId: input.client.id,
    claims: opening.claims,
    accessTokenSeconds: input.client.accessTokenSeconds,
    now,
    endsAt,
  })
  const status = await takeStatusSlot(deps.db.kysely, { tenantId, grantId, endsAt }, deps.statusShards)
  const streams = [streamKey(tenantId, userId), streamKey(tenantId, sessionId)]
  const [[stored]] = await inOneFlight(deps.db, { tenantId, streams }, [
    insertSession({ ...opening, id: sessionId, createdAt: now, expiresAt: endsAt }),
    ...grantStatements(opening, input, status),
    ...recordOpened(deps, opening, input),
    ...(input.also ?? []),
  ])
  const { amr, acr, authTime } = opening
  const { email } = input.user
  const entry = {
    sessionId,
    userId,
    email,
    amr,
    acr,
    authTime,
    expiresAt: endsAt.getTime(),
    asOf: stored?.asOf ?? 0,
  }
  await deps.sessionCache.fill(tenantId, grantId, entry, now)
  return {
    ...minted,
    refreshToken: opening.refresh.token,
    refreshExpiresIn: Math.floor((opening.refreshExpiresAt.getTime() - now.getTime()) / 1000),
    session: { id: sessionId },
    user: { id: userId, tenantId, email },
  }
}

type Opening = ReturnType<typeof plan>

function plan(deps: OpenSessionDeps, input: OpenSession, now: Date) {
  const { tenantId, id: userId } = input.user
  const grantId = newId('grt', now)
  const familyId = withPrefix('rft', grantId)
  const endsAt = new Date(now.getTime() + input.lifetime * 1000)
  const idleEnd = now.getTime() + input.client.refreshIdleSeconds * 1000
  const authTime = Math.floor(now.getTime() / 1000)
  return {
    tenantId,
    userId,
    sessionId: newId('ses', now),
    grantId,
    familyId,
    amr: input.amr,
    acr: input.acr,
    authTime,
    device: input.device,
    now,
    endsAt,
    refreshExpiresAt: new Date(Math.min(idleEnd, endsAt.getTime())),
    claims: {
      aud: input.client.audience,
      scope: input.client.scope,
      amr: input.amr,
      acr: input.acr,
      auth_time: authTime,
    },
    refresh: mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
      type: 'refresh',
      tenantId,
      objectId: familyId,
      generation: firstGeneration,
      secret: randomBytes(32),
    }),
  }
}

function grantStatements(opening: Opening, input: OpenSession, status: StatusSlot): Statement<unknown>[] {
  const { tenantId, userId, sessionId, grantId, familyId, now, endsAt } = opening
  const { client } = input
  const common = { tenantId, sessionId, clientId: client.id, createdAt: now }
  const { audience, scope } = client
  return [
    insertGrant({ ...common, id: grantId, audience, scope, status, expiresAt: endsAt }),
    insertFamily({
      ...common,
      id: familyId,
      grantId,
      userId,
      claims: opening.claims,
      hash: opening.refresh.hash,
      idleSeconds: client.refreshIdleSeconds,
      accessTokenSeconds: client.accessTokenSeconds,
      expiresAt: opening.refreshExpiresAt,
      endsAt,
    }),
  ]
}

function recordOpened(deps: OpenSessionDeps, opening: Opening, input: OpenSession): Statement[] {
  const { tenantId, userId, sessionId, now: at, amr } = opening
  const { origin, userKey, client } = input
  const auditId = newId('aud', at)
  const common = { tenantId, at, origin }
  const expiresAt = opening.endsAt.toISOString()
  return [
    appendAudit({
      ...common,
      ...sealedOrigin(deps, { userId, userKey, origin, auditId }),
      id: auditId,
      actor: { type: 'user', id: userId },
      action: 'user.login_succeeded',
      target: { type: 'session', id: sessionId },
      outcome: 'success',
    }),
    appendEvent({
      ...common,
      aggregateId: userId,
      event: { type: 'user.login_succeeded', payload: { userId, sessionId, amr } },
    }),
    appendEvent({
      ...common,
      aggregateId: sessionId,
      event: { type: 'session.created', payload: { sessionId, userId, clientId: client.id, amr, expiresAt } },
    }),
  ]
}

/** Where the login came from, sealed so that erasing the person's key erases it. */
function sealedOrigin(
  deps: Pick<OpenSessionDeps, 'secrets'>,
  from: { userId: string; userKey: SealedUserKey | undefined; origin: RequestOrigin; auditId: string },
): { personal?: Buffer } {
  const { userId, userKey, origin, auditId } = from
  if (userKey === undefined) return {}
  const values = { network: origin.network, agent: origin.agent }
  return {
    personal: sealPersonal(deps.secrets.of('data'), { userId, userKey }, { values, context: auditId }),
  }
}
