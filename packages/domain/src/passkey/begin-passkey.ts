import { randomBytes } from 'node:crypto'
import { issueChallenge, webAuthnBytes, type Challenge } from '../challenge/index.ts'
import { inOneFlight, streamKey, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { readTenantPolicy, tenantNameOf, tenantPolicyOf } from '../tenant/index.ts'
import { userById } from '../user/index.ts'
import { creationOptions, type CreationOptions, type NewPasskeyWanted } from './options.ts'
import { mostPasskeys } from './passkey.ts'
import { handleOf, passkeysOf } from './queries.ts'
import { relyingPartyOf } from './relying-party.ts'

export type PasskeyDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly issuer: string
}

export interface BeginPasskey {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** The open session that asks. */
  readonly sessionId: Id<'ses'>
  /** Of the browser, which alone may go on; see `browserBinding`. */
  readonly binding?: Buffer | undefined
}

/** What a browser makes a passkey by. */
export interface PasskeySetup {
  /** To be sent with what the browser answers. */
  readonly challenge: string
  readonly options: CreationOptions
  readonly expiresAt: Date
}

const handleLength = 64

/**
 * Begins to add a passkey. Whether whoever asks may do so is for the caller to know.
 * @throws Refusal `not_allowed` where the tenant asks nobody for a second factor, `wrong_state` for who has five.
 */
export async function beginPasskey(
  deps: PasskeyDeps,
  { tenantId, userId, sessionId, binding }: BeginPasskey,
): Promise<PasskeySetup> {
  const wanted = await wantedOf(deps, { tenantId, userId })
  const { challenge, token, insert } = issueChallenge(deps, {
    tenantId,
    kind: 'passkey_enrol',
    userId,
    sessionId,
    binding,
  })
  await inOneFlight(deps.db, { tenantId }, [insert])
  const options = creationOptions({ ...wanted, challenge: webAuthnBytes(deps, challenge) })
  return { challenge: token, options, expiresAt: challenge.expiresAt }
}

/**
 * What a browser makes a passkey by for the person whom a challenge is about: the challenge is answered by it.
 * @throws Refusal what `beginPasskey` refuses.
 */
export async function passkeyCreationFor(deps: PasskeyDeps, challenge: Challenge): Promise<CreationOptions> {
  const { tenantId, userId } = challenge
  if (userId === null) throw new Refusal('challenge_invalid')
  const wanted = await wantedOf(deps, { tenantId, userId })
  return creationOptions({ ...wanted, challenge: webAuthnBytes(deps, challenge) })
}

async function wantedOf(
  deps: PasskeyDeps,
  person: Pick<BeginPasskey, 'tenantId' | 'userId'>,
): Promise<Omit<NewPasskeyWanted, 'challenge'>> {
  const { tenantId, userId } = person
  const scope = { tenantId, streams: [streamKey(tenantId, userId)] }
  const [[user], [tenant], [named], held, [known]] = await inOneFlight(deps.db, scope, [
    userById(tenantId, userId),
    tenantPolicyOf(tenantId),
    tenantNameOf(tenantId),
    passkeysOf(person),
    handleOf(person, randomBytes(handleLength)),
  ])
  if (user === undefined || known === undefined) throw new Refusal('not_found')
  const policy = readTenantPolicy(tenant?.policy)
  if (policy.mfa === 'off') throw new Refusal('not_allowed')
  requireRoom(held.length)
  return {
    party: relyingPartyOf(deps, policy),
    tenantName: named?.name ?? '',
    email: user.email,
    handle: known.handle,
    held,
    userVerification: policy.userVerification,
  }
}

/** @throws Refusal `wrong_state` for who has as many passkeys as they may. */
export function requireRoom(held: number): void {
  if (held < mostPasskeys) return
  throw new Refusal('wrong_state', { detail: `There can be ${mostPasskeys} passkeys: remove one first.` })
}
