import { webAuthnBytes, type Challenge } from '../challenge/index.ts'
import { inOneFlight } from '../db/index.ts'
import type { ProvedFactor } from '../factor/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
import { readTenantPolicy, tenantPolicyOf, type TenantPolicy } from '../tenant/index.ts'
import type { PasskeyDeps } from './begin-passkey.ts'
import { bytesOf, type AssertionJson } from './credential-json.ts'
import { methodOf, type Passkey, type PasskeyFault } from './passkey.ts'
import { passkeyByCredential, usePasskey } from './queries.ts'
import { relyingPartyOf } from './relying-party.ts'
import { tellOfCopy } from './tell-of-copy.ts'
import { verifyAssertion } from './verify-assertion.ts'

/** What came of a passkey's answer. */
export type CheckedPasskey =
  | {
      /** It counts once what stands in `use` has committed, in the transaction of what it opens. */
      readonly proved: ProvedFactor
      readonly userId: Passkey['userId']
    }
  | {
      readonly fault: PasskeyFault
      /** Whose passkey was named, if it is anybody's. */
      readonly userId: Passkey['userId'] | undefined
    }

/**
 * Whether a passkey's answer to a challenge is right. Uses nothing up by itself; whose passkey was copied is told so.
 *
 * A challenge that is about somebody is answered by their passkeys alone, as a second step, where the tenant says
 * whether the authenticator must verify them. One that is about nobody yet is answered by any, which is both factors
 * at once: it names its person, and must have verified them.
 */
export async function checkPasskey(
  deps: PasskeyDeps,
  {
    challenge,
    assertion,
    origin,
  }: { readonly challenge: Challenge; readonly assertion: AssertionJson; readonly origin: RequestOrigin },
): Promise<CheckedPasskey> {
  const { tenantId } = challenge
  const credentialId = bytesOf(assertion.id) ?? Buffer.alloc(0)
  const [[passkey], [tenant]] = await inOneFlight(deps.db, { tenantId }, [
    passkeyByCredential(tenantId, credentialId),
    tenantPolicyOf(tenantId),
  ])
  if (passkey === undefined) return { fault: 'unknown_passkey', userId: undefined }
  const { userId, factorId } = passkey
  if (challenge.userId !== null && challenge.userId !== userId) return { fault: 'wrong_user', userId }
  if (passkey.disabledAt !== null) return { fault: 'disabled', userId }
  const policy = readTenantPolicy(tenant?.policy)
  const said = await verify(deps, { challenge, assertion, passkey, policy })
  if ('fault' in said) {
    if (said.fault === 'cloned') await tellOfCopy(deps, { tenantId, passkey, origin })
    return { fault: said.fault, userId }
  }
  const { signCount } = said.verified
  const method = methodOf(passkey)
  const use = [usePasskey({ tenantId, factorId, signCount, at: deps.clock() })]
  return { proved: { factorId, method, use }, userId }
}

async function verify(
  deps: PasskeyDeps,
  {
    challenge,
    assertion,
    passkey,
    policy,
  }: {
    readonly challenge: Challenge
    readonly assertion: AssertionJson
    readonly passkey: Passkey
    readonly policy: TenantPolicy
  },
) {
  const isAlone = challenge.userId === null
  return verifyAssertion({
    party: relyingPartyOf(deps, policy),
    challenge: webAuthnBytes(deps, challenge),
    assertion,
    passkey,
    mustVerifyUser: isAlone || policy.userVerification === 'required',
    mustNameUser: isAlone,
  })
}
