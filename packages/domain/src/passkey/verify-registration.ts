import { createHash } from 'node:crypto'
import type { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import { faultInClientData } from './check-client-data.ts'
import { bytesOf, type RegistrationJson } from './credential-json.ts'
import type { NewPasskey, PasskeyFault } from './passkey.ts'
import { offeredAlgorithms, type RelyingParty } from './relying-party.ts'

export interface VerifyRegistration {
  readonly party: RelyingParty
  readonly challenge: Buffer
  readonly registration: RegistrationJson
  readonly mustVerifyUser: boolean
}

type Verified = { readonly passkey: NewPasskey } | { readonly fault: PasskeyFault }

/** WebAuthn 4: no credential id is longer. */
const longestCredentialId = 1023

/**
 * Whether a passkey was made for this challenge (WebAuthn 7.1).
 *
 * Attestation is asked for from nobody and believed from nobody: a statement must be none at all, or signed by the new
 * key itself, as browsers pass it on (WebAuthn 5.1.3 step 22). Certificates are refused wherever they stand
 * (GHSA-6hxq-p678-4hr2).
 * @returns the fault where it was not.
 */
export async function verifyRegistration(given: VerifyRegistration): Promise<Verified> {
  const { registration, challenge, party } = given
  const expected = { type: 'webauthn.create', challenge, party } as const
  const fault =
    faultInClientData(registration.response.clientDataJSON, expected) ??
    (await faultInAttestation(registration.response.attestationObject, given))
  if (fault !== undefined) return { fault }
  try {
    return await verifyByLibrary(given)
  } catch {
    return { fault: 'malformed' }
  }
}

async function faultInAttestation(
  text: string,
  { party, mustVerifyUser }: VerifyRegistration,
): Promise<PasskeyFault | undefined> {
  const bytes = bytesOf(text)
  if (bytes === undefined) return 'malformed'
  const { decodeAttestationObject: decode, isoCBOR } = await import('@simplewebauthn/server/helpers')
  try {
    const object = decode(new Uint8Array(bytes))
    // The library reads the first item and looks at nothing behind it.
    if (isoCBOR.encode(object as Parameters<typeof isoCBOR.encode>[0]).length !== bytes.length)
      return 'malformed'
    return faultInStatement(object) ?? faultInAuthenticatorData(object.get('authData'), party, mustVerifyUser)
  } catch {
    return 'malformed'
  }
}

function faultInStatement(object: ReturnType<typeof decodeAttestationObject>): PasskeyFault | undefined {
  const [format, statement] = [object.get('fmt'), object.get('attStmt')]
  if (format === 'none') return statement.size === 0 ? undefined : 'attestation'
  return format === 'packed' && statement.get('x5c') === undefined ? undefined : 'attestation'
}

function faultInAuthenticatorData(
  data: Uint8Array,
  { rpId }: RelyingParty,
  mustVerifyUser: boolean,
): PasskeyFault | undefined {
  if (!(data instanceof Uint8Array) || data.length < 37) return 'malformed'
  const flags = data[32] ?? 0
  const rpIdHash = createHash('sha256').update(rpId).digest()
  if (!rpIdHash.equals(data.subarray(0, 32))) return 'wrong_relying_party'
  if ((flags & 1) === 0) return 'user_not_present'
  if (mustVerifyUser && (flags & 4) === 0) return 'user_not_verified'
  return (flags & 16) !== 0 && (flags & 8) === 0 ? 'backup_changed' : undefined
}

async function verifyByLibrary(given: VerifyRegistration): Promise<Verified> {
  const { registration, challenge, party, mustVerifyUser } = given
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const { clientDataJSON, attestationObject, transports = [] } = registration.response
  const { id, rawId, type } = registration
  const { verified, registrationInfo: info } = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type: type as 'public-key',
      response: { clientDataJSON, attestationObject },
      clientExtensionResults: {},
    },
    expectedChallenge: challenge.toString('base64url'),
    expectedOrigin: [...party.origins],
    expectedRPID: party.rpId,
    requireUserVerification: mustVerifyUser,
    supportedAlgorithmIDs: [...offeredAlgorithms],
  })
  const credentialId = bytesOf(info?.credential.id ?? '')
  if (!verified || info === undefined || credentialId === undefined) return { fault: 'wrong_signature' }
  // The name outside of what was signed must be the one inside, in its one spelling.
  if (id !== info.credential.id || credentialId.length > longestCredentialId) return { fault: 'malformed' }
  return {
    passkey: {
      rpId: party.rpId,
      credentialId,
      publicKey: Buffer.from(info.credential.publicKey),
      signCount: info.credential.counter,
      transports: [...new Set(transports)],
      backupEligible: info.credentialDeviceType === 'multiDevice',
    },
  }
}
