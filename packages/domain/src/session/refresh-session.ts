import { randomBytes } from 'node:crypto'
import { firstPartyClientId } from '../client/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, withPrefix, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { countRequest, type Limiter } from '../limit/index.ts'
import {
  claimedTenant,
  mintOpaqueToken,
  readOpaqueToken,
  type MintOpaqueToken,
  type OpaqueToken,
} from '../opaque-token/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { MintedToken, Signer, SigningKeys } from '../signing-key/index.ts'
import type { TenantDirectory } from '../tenant/index.ts'
import { readSession } from './check-session.ts'
import { decideRefresh, lockSessionOfFamily, type RefreshDecision } from './decide-refresh.ts'
import { fingerprintsOf, type Fingerprints } from './fingerprint.ts'
import type { IssuedSession } from './issued-session.ts'
import { mintForRefresh } from './mint-for-refresh.ts'
import { sealOrigin } from './sealed-origin.ts'
import { signAhead } from './sign-ahead.ts'
import { openSuccessor, sealSuccessor } from './refresh-box.ts'
import type { RefreshFlights } from './refresh-flights.ts'
import type { SessionCache } from './session-cache.ts'

export interface RefreshSession {
  readonly refreshToken: string
  /** The tenant that the request names besides, if it does. */
  readonly tenantId?: Id<'ten'>
  readonly origin: RequestOrigin
}

type RefreshDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly signingKeys: SigningKeys
  readonly sessionCache: SessionCache
  readonly refreshFlights: RefreshFlights<IssuedSession>
  readonly tenants: TenantDirectory
  readonly limiter: Limiter
  readonly issuer: string
}

/**
 * Exchanges a refresh token of the built-in client for its successor and an access token.
 *
 * The same token presented again within ten seconds, at once or after a lost reply, gets the same successor, so
 * an honest client is never logged out by its own retry. An older one ends the session. What shares a flight is
 * counted against the family's limit once.
 * @throws Refusal `invalid_grant` with nothing changed, `refresh_reused` after ending the session,
 *   `tenant_mismatch`, what the directory refuses of the tenant that the token names, and `rate_limited` and
 *   `temporarily_unavailable` before anything is consumed.
 */
export async function refreshSession(deps: RefreshDeps, input: RefreshSession): Promise<IssuedSession> {
  const presented = readOpaqueToken(deps.secrets.of('token-tag'), 'refresh', input.refreshToken)
  if (presented === undefined) throw await refusalOfStranger(deps, input.refreshToken)
  if (input.tenantId !== undefined && input.tenantId !== presented.tenantId)
    throw new Refusal('tenant_mismatch')
  const fingerprints = fingerprintsOf(deps, presented.tenantId, input.origin)
  const key = presented.hash.toString('base64') + fingerprints.current.toString('base64')
  return deps.refreshFlights.share(key, () =>
    refresh(deps, { presented, fingerprints, origin: input.origin }),
  )
}

/** Why a token without our tag is refused: it may be good where its tenant lives, or nowhere. */
async function refusalOfStranger({ tenants }: RefreshDeps, refreshToken: string): Promise<Refusal> {
  const claimed = claimedTenant('refresh', refreshToken)
  const elsewhere = claimed !== undefined && (await tenants.livesElsewhere(claimed))
  return new Refusal(elsewhere ? 'wrong_region' : 'invalid_grant')
}

type Presentation = {
  readonly presented: OpaqueToken
  readonly fingerprints: Fingerprints
  readonly origin: RequestOrigin
}

async function refresh(deps: RefreshDeps, presentation: Presentation): Promise<IssuedSession> {
  const { tenantId, objectId } = presentation.presented
  await deps.tenants.require(tenantId)
  const now = deps.clock()
  const signers = deps.signingKeys.signers(now)
  if (signers.size === 0) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  const counts = [{ limit: 'refresh', value: objectId }] as const
  const grantId = withPrefix('grt', objectId)
  // Asked for together, which is one way to Redis and back instead of two.
  const [standings, cached] = await Promise.all([
    countRequest(deps, { tenantId, origin: presentation.origin, counts }),
    deps.sessionCache.find(tenantId, grantId),
  ])
  const { decision, successor } = await decideSigned(deps, { signers, presentation, now })
  if (decision.outcome === 'burn') await deps.sessionCache.bury(tenantId, grantId)
  const refreshToken = successorToken(deps, presentation.presented, { decision, successor })
  const session =
    cached === undefined || cached === 'ended' ? await readSession(deps, { tenantId, grantId }) : cached
  const signer = signers.get(decision.alg)
  if (signer === undefined) throw new Error(`Nothing signs by ${decision.alg}.`)
  const minted = await mintForRefresh(deps, signer, { tenantId, grant: decision, now })
  const issued = describeIssued({ tenantId, decision, minted, refreshToken, email: session.email })
  return { ...issued, standings }
}

type Signing = {
  readonly signers: ReadonlyMap<SigningAlg, Signer>
  readonly presentation: Presentation
  readonly now: Date
}

/** Decides, and where signing may fail, has the token signed before: once more where the claims changed meanwhile. */
async function decideSigned(deps: RefreshDeps, signing: Signing) {
  const { signers, presentation, now } = signing
  const { usualAlg } = deps.signingKeys
  const ahead = () => signAhead(deps, signers, { presented: presentation.presented, usualAlg, now })
  const first = await decide(deps, { ...signing, signedFor: await ahead() })
  if (first.decision.outcome !== 'changed') return first
  return decide(deps, { ...signing, signedFor: await ahead() })
}

/** What four bytes hold. No family gets there; a forged token may say so, and is refused like any of the future. */
const lastGeneration = 0xffff_ffff

/** One flight: the lock on the session's events, and the statement that decides. */
async function decide(
  deps: RefreshDeps,
  { presentation, signers, signedFor, now }: Signing & { readonly signedFor: number | null },
) {
  const { presented, fingerprints, origin } = presentation
  const { tenantId, objectId: familyId, generation } = presented
  const secret = randomBytes(32)
  const candidate = mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
    type: 'refresh',
    tenantId,
    objectId: familyId,
    generation: Math.min(generation + 1, lastGeneration),
    secret,
  })
  const box = sealSuccessor(deps.secrets.of('refresh-box'), boxContext(presented), secret, now)
  const [[decision]] = await inOneFlight(
    deps.db,
    { tenantId, streams: lockSessionOfFamily(tenantId, familyId) },
    [
      decideRefresh({
        tenantId,
        familyId,
        generation,
        hash: presented.hash,
        candidateHash: candidate.hash,
        box,
        clientId: firstPartyClientId(tenantId),
        binding: null,
        signedFor,
        fingerprints,
        sealedOrigin: sealOrigin(deps, familyId, origin),
        origin,
        usualAlg: deps.signingKeys.usualAlg,
        signable: [...signers.keys()],
        now,
      }),
    ],
  )
  if (decision === undefined) throw new Refusal('invalid_grant')
  return { decision, successor: candidate.token }
}

function boxContext(presented: OpaqueToken) {
  return {
    tenantId: presented.tenantId,
    familyId: presented.objectId,
    generation: presented.generation,
    secret: presented.secret,
  }
}

/** The token that the decision gives the caller. @throws Refusal for every decision that gives none. */
function successorToken(
  deps: RefreshDeps,
  presented: OpaqueToken,
  { decision, successor }: { decision: RefreshDecision; successor: string },
): string {
  if (decision.outcome === 'rotate') return successor
  if (decision.outcome === 'burn') throw new Refusal('refresh_reused')
  if (decision.outcome === 'unsignable' || decision.outcome === 'changed')
    throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  if (decision.outcome !== 'replay' || decision.box === null) throw new Refusal('invalid_grant')
  const secret = openSuccessor(deps.secrets.of('refresh-box'), boxContext(presented), decision.box)
  // The epoch may be one that this instance has not loaded yet: another one, or a moment later, can answer.
  if (secret === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  const { tenantId, objectId } = presented
  const body = { type: 'refresh', tenantId, objectId, generation: decision.generation, secret } as const
  return spelledAsBefore(deps, body, decision.hash)
}

/** The token as it was first given. Its tag may be by a version that another instance holds as the newest. */
function spelledAsBefore(deps: RefreshDeps, body: MintOpaqueToken, hash: Buffer): string {
  for (const tagKey of deps.secrets.of('token-tag').all()) {
    const minted = mintOpaqueToken(tagKey, body)
    if (minted.hash.equals(hash)) return minted.token
  }
  throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
}

function describeIssued(input: {
  tenantId: Id<'ten'>
  decision: RefreshDecision
  minted: MintedToken
  refreshToken: string
  email: string
}): IssuedSession {
  const { tenantId, decision, minted, refreshToken, email } = input
  return {
    ...minted,
    refreshToken,
    refreshExpiresIn: Math.floor((decision.expiresAt - decision.decidedAt) / 1000),
    session: { id: decision.sessionId },
    user: { id: decision.userId, tenantId, email },
    ...(decision.mustStepUp ? { mustStepUp: true } : {}),
  }
}
