import type { TenantPolicy } from '../tenant/index.ts'
import type { NamedPasskey } from './queries.ts'
import { ceremonyTimeout, offeredAlgorithms, type RelyingParty } from './relying-party.ts'

type Verification = TenantPolicy['userVerification']

/** How a browser is told of a passkey. */
export interface PasskeyName {
  readonly type: 'public-key'
  readonly id: string
  readonly transports: string[]
}

/** What a page hands to `PublicKeyCredential.parseCreationOptionsFromJSON` (WebAuthn 5.1.8). */
export interface CreationOptions {
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly challenge: string
  readonly pubKeyCredParams: { readonly type: 'public-key'; readonly alg: number }[]
  readonly timeout: number
  /** The person's own: no authenticator is added twice. */
  readonly excludeCredentials: PasskeyName[]
  readonly authenticatorSelection: {
    readonly residentKey: 'preferred'
    readonly requireResidentKey: false
    readonly userVerification: Verification
  }
  readonly attestation: 'none'
}

/** What it hands to `PublicKeyCredential.parseRequestOptionsFromJSON` (WebAuthn 5.1.8). */
export interface RequestOptions {
  readonly challenge: string
  readonly rpId: string
  readonly timeout: number
  readonly userVerification: Verification
  /** None where the browser is to offer what it has. */
  readonly allowCredentials: PasskeyName[]
}

export interface NewPasskeyWanted {
  readonly party: RelyingParty
  readonly challenge: Buffer
  /** What people call the tenant. */
  readonly tenantName: string
  readonly email: string
  readonly handle: Buffer
  readonly held: readonly NamedPasskey[]
  readonly userVerification: Verification
}

/** Options for a passkey that is to be made: discoverable where the authenticator can, without attestation. */
export function creationOptions(wanted: NewPasskeyWanted): CreationOptions {
  const { party, challenge, tenantName, email, handle, held, userVerification } = wanted
  return {
    rp: { id: party.rpId, name: tenantName },
    user: { id: handle.toString('base64url'), name: email, displayName: email },
    challenge: challenge.toString('base64url'),
    pubKeyCredParams: offeredAlgorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: ceremonyTimeout,
    excludeCredentials: held.map(nameOf),
    authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification },
    attestation: 'none',
  }
}

/** Options for a passkey that is to be used: one of these, or, where none is named, whichever the person chooses. */
export function requestOptions({
  party: { rpId },
  challenge,
  held,
  userVerification,
}: {
  readonly party: RelyingParty
  readonly challenge: Buffer
  readonly held: readonly NamedPasskey[]
  readonly userVerification: Verification
}): RequestOptions {
  return {
    challenge: challenge.toString('base64url'),
    rpId,
    timeout: ceremonyTimeout,
    userVerification,
    allowCredentials: held.filter((passkey) => passkey.rpId === rpId).map(nameOf),
  }
}

function nameOf({ credentialId, transports }: NamedPasskey): PasskeyName {
  return { type: 'public-key', id: credentialId.toString('base64url'), transports: [...transports] }
}
