import { sql } from 'kysely'
import { appendAudit } from '../audit/index.ts'
import { challengeUsed } from '../challenge/index.ts'
import { build, inTenant, run, streamKey, type Executor } from '../db/index.ts'
import { checkDeviceProof, deviceGone, type DeviceProof } from '../device/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { requireSigner } from '../signing-key/index.ts'
import { stepUpSinceOf } from '../user/index.ts'
import { unproved, withDevice } from './assurance.ts'
import { readSession } from './check-session.ts'
import { lockSessionsOf } from './live-queries.ts'
import { signChangeAhead, type RaisedGrant } from './grant-to-mint.ts'
import { mintForGrant } from './mint-for-grant.ts'
import type { FamilyClaims } from './queries.ts'
import type { RaiseDeps, RaisedSession } from './raise-session.ts'
import { isSteppedUpSince } from './require-stepped-up.ts'

export interface ProveDevice {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly sessionId: Id<'ses'>
  readonly grantId: Id<'grt'>
  readonly proof: DeviceProof
  readonly origin: RequestOrigin
}

/**
 * Notes that an open session is on a device that holds its key: `pop` in `amr` (RFC 8176). That says nothing of the
 * person: `acr` and `auth_time` stay. Tokens from before say what was true before; the refresh token goes on.
 * @returns an access token that says so.
 * @throws Refusal `challenge_invalid`, `device_invalid`, `wrong_state` for a session that is on another device,
 *   `session_ended`, `temporarily_unavailable` when no key can sign.
 */
export async function proveDevice(
  deps: RaiseDeps & { readonly secrets: SecretRings },
  session: ProveDevice,
): Promise<RaisedSession> {
  const { tenantId, userId, sessionId, grantId, origin } = session
  const now = deps.clock()
  const { device, use } = await checkDeviceProof(deps, session)
  const change = (claims: FamilyClaims) => ({ ...claims, amr: withDevice(claims.amr) })
  await signChangeAhead(deps, session, { now, change })
  // The person's stream first and then the session's, as whatever ends sessions locks them.
  const furtherStreams = lockSessionsOf({ tenantId, userId, only: sessionId, at: now })
  const scope = { tenantId, streams: [streamKey(tenantId, userId)], furtherStreams }
  const raised = await inTenant(deps.db, scope, async (tx) => {
    const grant = await noteOn(tx, session, device.id)
    const signer = requireSigner(deps.signingKeys, now, grant.accessTokenAlg)
    const [person] = await run(tx, stepUpSinceOf(tenantId, userId))
    for (const statement of use) await run(tx, statement)
    const actor = { type: 'user', id: userId } as const
    const target = { type: 'device', id: device.id }
    const done = { action: 'device.proved', outcome: 'success' } as const
    await run(tx, appendAudit({ tenantId, at: now, actor, target, ...done, origin }))
    // A device is no proof of a person: who has to be proved anew after a theft still has to.
    const isStale = !isSteppedUpSince({ authTime: grant.claims.auth_time }, person)
    return { ...grant, signer, claims: isStale ? { ...grant.claims, acr: unproved } : grant.claims }
  }).catch(unlessProofUsed)
  await readSession(deps, { tenantId, grantId })
  const { issuer } = deps
  return mintForGrant(raised.signer, { ...raised, issuer, tenantId, userId, grantId, now })
}

/** Somebody was quicker with a proof, or revoked the device meanwhile. @throws Refusal `challenge_invalid`, `device_invalid`. */
export function unlessProofUsed(error: unknown): never {
  const { code } = error as { code?: unknown }
  if (code === challengeUsed) throw new Refusal('challenge_invalid')
  if (code === deviceGone) throw new Refusal('device_invalid')
  throw error
}

interface OpenGrant extends RaisedGrant {
  readonly amr: readonly string[]
  readonly provedDevice: Id<'dev'> | null
}

/** Nobody else changes what is read here: the session's stream is held. */
async function noteOn(tx: Executor, session: ProveDevice, deviceId: Id<'dev'>): Promise<OpenGrant> {
  const { tenantId, sessionId, grantId } = session
  const [grant] = await run(tx, openGrant(session))
  if (grant === undefined) throw new Refusal('session_ended')
  if (grant.provedDevice !== null && grant.provedDevice !== deviceId)
    throw new Refusal('wrong_state', { detail: 'This session is on another device: log in on this one.' })
  const claims = { ...grant.claims, amr: withDevice(grant.claims.amr) }
  const claimsVersion = grant.claimsVersion + 1
  await tx
    .updateTable('iam.session')
    .set({ amr: [...withDevice(grant.amr)], proved_device: deviceId })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .execute()
  await tx
    .updateTable('iam.refresh_family')
    .set({ claims: JSON.stringify(claims), claims_version: claimsVersion })
    .where('tenant_id', '=', tenantId)
    .where('grant_id', '=', grantId)
    .where('session_id', '=', sessionId)
    .execute()
  return { ...grant, claims, claimsVersion }
}

function openGrant({ tenantId, sessionId, grantId }: ProveDevice) {
  return sql<OpenGrant>`
    select s.amr, s.proved_device as "provedDevice", f.claims, f.claims_version as "claimsVersion",
           f.client_id as "clientId", f.access_token_seconds as "accessTokenSeconds", f.ends_at as "endsAt",
           iam.token_alg(f.tenant_id, f.client_id, f.claims->>'aud') as "accessTokenAlg"
      from iam.session s
      join iam.refresh_family f on f.tenant_id = s.tenant_id and f.session_id = s.id and f.grant_id = ${grantId}
     where s.tenant_id = ${tenantId} and s.id = ${sessionId} and s.revoked_at is null and f.revoked_at is null
       for update`.compile(build)
}
