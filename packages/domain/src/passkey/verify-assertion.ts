import { createHash } from 'node:crypto'
import { faultInClientData } from './check-client-data.ts'
import { bytesOf, type AssertionJson } from './credential-json.ts'
import type { Passkey, PasskeyFault } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

export interface VerifyAssertion {
  readonly party: RelyingParty
  /** What the authenticator was to sign. */
  readonly challenge: Buffer
  readonly assertion: AssertionJson
  /** The one that the answer names. */
  readonly passkey: Passkey
  /** Whether the authenticator must have made sure of its person, by a PIN or a finger. */
  readonly mustVerifyUser: boolean
  /** Whether it must name its person, because nobody else did (7.2 step 6). */
  readonly mustNameUser: boolean
}

/** What the authenticator said, once its signature was right. */
export interface VerifiedAssertion {
  readonly signCount: number
  readonly userVerified: boolean
  readonly backedUp: boolean
}

/**
 * Whether a passkey answered this challenge (WebAuthn 7.2). Nothing is used up by it.
 *
 * A counter that does not go up is a copy of the authenticator's key: refused, where either side counts at all
 * (7.2 step 22). A passkey that may be copied says so from the start, or never (6.1.3).
 * @returns the fault where it did not.
 */
export async function verifyAssertion(
  given: VerifyAssertion,
): Promise<{ readonly verified: VerifiedAssertion } | { readonly fault: PasskeyFault }> {
  const { assertion, passkey, party, challenge } = given
  const expected = { type: 'webauthn.get', challenge, party } as const
  const said = readAuthenticatorData(assertion.response.authenticatorData)
  if (said === undefined) return { fault: 'malformed' }
  const fault =
    faultInClientData(assertion.response.clientDataJSON, expected) ??
    faultInHandle(given) ??
    faultInAuthenticatorData(said, given)
  if (fault !== undefined) return { fault }
  if (!(await isSigned(given))) return { fault: 'wrong_signature' }
  // A copy shows only by what is signed: anybody can send a number.
  if (isCopied(said.signCount, passkey.signCount)) return { fault: 'cloned' }
  return { verified: said }
}

interface AuthenticatorData extends VerifiedAssertion {
  readonly rpIdHash: Buffer
  readonly userPresent: boolean
  readonly backupEligible: boolean
}

/** The part of fixed length (WebAuthn 6.1). */
function readAuthenticatorData(text: string): AuthenticatorData | undefined {
  const bytes = bytesOf(text)
  if (bytes === undefined || bytes.length < 37) return undefined
  const flags = bytes.readUInt8(32)
  return {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: (flags & 1) !== 0,
    userVerified: (flags & 4) !== 0,
    backupEligible: (flags & 8) !== 0,
    backedUp: (flags & 16) !== 0,
    signCount: bytes.readUInt32BE(33),
  }
}

/** Where the authenticator names its person, it must be the passkey's own (7.2 step 6). */
function faultInHandle({ assertion, passkey, mustNameUser }: VerifyAssertion): PasskeyFault | undefined {
  const { userHandle } = assertion.response
  if (userHandle === undefined || userHandle === null) return mustNameUser ? 'wrong_user_handle' : undefined
  return bytesOf(userHandle)?.equals(passkey.userHandle) === true ? undefined : 'wrong_user_handle'
}

function faultInAuthenticatorData(
  said: AuthenticatorData,
  { party, passkey, mustVerifyUser }: VerifyAssertion,
): PasskeyFault | undefined {
  const rpIdHash = createHash('sha256').update(party.rpId).digest()
  if (passkey.rpId !== party.rpId || !said.rpIdHash.equals(rpIdHash)) return 'wrong_relying_party'
  if (!said.userPresent) return 'user_not_present'
  if (mustVerifyUser && !said.userVerified) return 'user_not_verified'
  const isOther = said.backupEligible !== passkey.backupEligible
  return isOther || (said.backedUp && !said.backupEligible) ? 'backup_changed' : undefined
}

/** The library is asked for all over again, and for the signature. Loaded when the first passkey comes. */
async function isSigned({ assertion, party, challenge, passkey, mustVerifyUser }: VerifyAssertion) {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const { userHandle, ...response } = assertion.response
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id: assertion.id,
        rawId: assertion.rawId,
        type: assertion.type as 'public-key',
        response: typeof userHandle === 'string' ? { ...response, userHandle } : response,
        clientExtensionResults: {},
      },
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: [...party.origins],
      expectedRPID: party.rpId,
      credential: {
        id: passkey.credentialId.toString('base64url'),
        publicKey: new Uint8Array(passkey.publicKey),
        counter: 0, // counted here, so that a copy is told from a wrong signature
      },
      requireUserVerification: mustVerifyUser,
    })
    return verified && bytesOf(assertion.id)?.equals(passkey.credentialId) === true
  } catch {
    return false
  }
}

function isCopied(said: number, stored: number): boolean {
  return (said !== 0 || stored !== 0) && said <= stored
}
