import { issueChallenge, webAuthnBytes, type Challenge } from '../challenge/index.ts'
import { inOneFlight } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import type { PasskeyDeps } from './begin-passkey.ts'
import { requestOptions, type RequestOptions } from './options.ts'
import { passkeysOf } from './queries.ts'
import { relyingPartyOf } from './relying-party.ts'

/** What a browser asks for a passkey by. */
export interface PasskeyRequest {
  /** To be sent with what the browser answers. */
  readonly challenge: string
  readonly options: RequestOptions
  readonly expiresAt: Date
}

/**
 * Begins a login by a passkey alone. Nobody is named, so everybody gets the same answer (C165).
 * @param binding of the browser, which alone may go on; see `browserBinding`.
 */
export async function beginPasskeyLogin(
  deps: PasskeyDeps,
  { tenantId, binding }: { readonly tenantId: Id<'ten'>; readonly binding?: Buffer | undefined },
): Promise<PasskeyRequest> {
  const { challenge, token, insert } = issueChallenge(deps, { tenantId, kind: 'passkey_login', binding })
  const [[tenant]] = await inOneFlight(deps.db, { tenantId }, [tenantPolicyOf(tenantId), insert])
  const options = requestOptions({
    party: relyingPartyOf(deps, readTenantPolicy(tenant?.policy)),
    challenge: webAuthnBytes(deps, challenge),
    held: [],
    userVerification: 'required',
  })
  return { challenge: token, options, expiresAt: challenge.expiresAt }
}

/**
 * What a browser asks for a passkey of the person by whom a challenge is about: the challenge is answered by it.
 * @throws Refusal `wrong_state` for who has none.
 */
export async function passkeyOptionsFor(deps: PasskeyDeps, challenge: Challenge): Promise<RequestOptions> {
  const { tenantId, userId } = challenge
  if (userId === null) throw new Refusal('challenge_invalid')
  const [[tenant], held] = await inOneFlight(deps.db, { tenantId }, [
    tenantPolicyOf(tenantId),
    passkeysOf({ tenantId, userId }),
  ])
  const policy = readTenantPolicy(tenant?.policy)
  const options = requestOptions({
    party: relyingPartyOf(deps, policy),
    challenge: webAuthnBytes(deps, challenge),
    held,
    userVerification: policy.userVerification,
  })
  // An empty list would let the browser offer whatever passkeys it has.
  if (options.allowCredentials.length === 0) throw new Refusal('wrong_state')
  return options
}
