import { randomBytes } from 'node:crypto'
import type { ClientSettings } from '../client/index.ts'
import { inOneFlight, type Statement } from '../db/index.ts'
import { newId, withPrefix, type RequestOrigin } from '../kit/index.ts'
import { mintOpaqueToken } from '../opaque-token/index.ts'
import { requireSigner, type SigningKeys } from '../signing-key/index.ts'
import { takeStatusSlot } from '../status-list/index.ts'
import { statusListId } from '../status-list-token/index.ts'
import { loginOf, type Cleared } from './clear-login.ts'
import type { IssuedSession } from './issued-session.ts'
import { endLeaving, lockLeaving } from './make-room.ts'
import { mintForGrant } from './mint-for-grant.ts'
import { planOpening, rowOf, type OpenDeps, type Opening } from './opening.ts'
import { firstClaimsVersion, firstGeneration, insertFamily, insertGrant, insertSession } from './queries.ts'
import { recordOpened } from './record-opened.ts'
import { requireStanding } from './require-standing.ts'

export type OpenSessionDeps = OpenDeps & {
  readonly signingKeys: SigningKeys
  readonly issuer: string
  /** Whose status lists the grant has a slot in. */
  readonly region: string
}

export interface OpenSession {
  /** Whose it is to be, by what `clearLogin` let in. */
  readonly cleared: Cleared
  /** What the person calls their device. */
  readonly device: string | undefined
  readonly origin: RequestOrigin
}

/**
 * Opens a session with a grant for the client and the grant's refresh family. Everything is signed before the
 * one flight that stores it, so that a signer that fails leaves nothing behind. The person's oldest session ends
 * where there are too many.
 * @throws Refusal `temporarily_unavailable` when no key can sign.
 */
export async function openSession(deps: OpenSessionDeps, input: OpenSession): Promise<IssuedSession> {
  const now = deps.clock()
  const { client, user } = loginOf(input.cleared)
  const signer = requireSigner(deps.signingKeys, now, client.accessTokenAlg)
  const opening = planOpening(input, now)
  const grant = await planGrant(deps, opening, input)
  const minted = await mintForGrant(signer, {
    ...opening,
    issuer: deps.issuer,
    grantId: grant.id,
    clientId: client.id,
    claims: grant.claims,
    claimsVersion: firstClaimsVersion,
    accessTokenSeconds: client.accessTokenSeconds,
  })
  await store(deps, input, { opening, grant })
  const { tenantId, userId, sessionId } = opening
  return {
    ...minted,
    refreshToken: grant.refresh.token,
    refreshExpiresIn: Math.floor((grant.refreshExpiresAt.getTime() - now.getTime()) / 1000),
    session: { id: sessionId },
    user: { id: userId, tenantId, email: user.email },
  }
}

type Planned = { readonly opening: Opening; readonly grant: Awaited<ReturnType<typeof planGrant>> }

/** Takes the grant's slot of the status lists, which its tokens name. */
async function planGrant(
  { db, secrets, region }: OpenSessionDeps,
  { tenantId, amr, acr, authTime, now, endsAt }: Opening,
  { cleared }: OpenSession,
) {
  const { client, policy, user } = loginOf(cleared)
  const id = newId('grt', now)
  const familyId = withPrefix('rft', id)
  const idleSeconds = Math.min(client.refreshIdleSeconds, policy.sessionIdleSeconds)
  const { audience: aud, scope } = client
  const slot = await takeStatusSlot(db.kysely, { tenantId, grantId: id, endsAt })
  const status = { list: statusListId(region, slot.shard), idx: slot.slot }
  const known = { aud, scope, amr, acr, auth_time: authTime, status }
  return {
    id,
    familyId,
    idleSeconds,
    refreshExpiresAt: new Date(Math.min(now.getTime() + idleSeconds * 1000, endsAt.getTime())),
    slot,
    claims: { ...known, ...(user.roles.length === 0 ? {} : { roles: user.roles }) },
    refresh: mintOpaqueToken(secrets.of('token-tag').current(now), {
      type: 'refresh',
      tenantId,
      objectId: familyId,
      generation: firstGeneration,
      secret: randomBytes(32),
    }),
  }
}

/** One flight; then the cache hears of what it did. */
async function store(deps: OpenSessionDeps, input: OpenSession, planned: Planned): Promise<void> {
  const { origin, device } = input
  const { client, policy, user, also } = loginOf(input.cleared)
  const { opening, grant } = planned
  const { tenantId, userId, sessionId, amr, acr, authTime, now, endsAt, streams } = opening
  const room = { tenantId, userId, maxSessions: policy.maxSessions, at: now, origin }
  const [, gone, [stored]] = await inOneFlight(deps.db, { tenantId, streams }, [
    lockLeaving(room),
    endLeaving(room),
    insertSession({ ...rowOf(deps, opening, device), held: { by: 'app' } }),
    ...grantStatements(client, planned),
    ...recordOpened(deps, opening, client.id),
    requireStanding(opening),
    ...also,
  ])
  const { email } = user
  const asOf = stored?.asOf ?? 0
  const entry = { sessionId, userId, email, amr, acr, authTime, expiresAt: endsAt.getTime(), asOf }
  await Promise.all([
    deps.sessionCache.fill(tenantId, grant.id, entry, now),
    ...gone.map(({ grantId }) => deps.sessionCache.bury(tenantId, grantId)),
  ])
}

function grantStatements(client: ClientSettings, { opening, grant }: Planned): Statement<unknown>[] {
  const { tenantId, userId, sessionId, now, endsAt } = opening
  const { audience, scope, accessTokenSeconds } = client
  const common = { tenantId, sessionId, clientId: client.id, createdAt: now }
  return [
    insertGrant({ ...common, id: grant.id, audience, scope, status: grant.slot, expiresAt: endsAt }),
    insertFamily({
      ...common,
      id: grant.familyId,
      grantId: grant.id,
      userId,
      claims: grant.claims,
      hash: grant.refresh.hash,
      idleSeconds: grant.idleSeconds,
      accessTokenSeconds,
      expiresAt: grant.refreshExpiresAt,
      endsAt,
    }),
  ]
}
