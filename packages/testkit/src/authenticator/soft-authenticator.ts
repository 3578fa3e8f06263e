import { createHash, randomBytes } from 'node:crypto'
import { cbor, type Cbor } from './cbor.ts'
import { coseNumbers, newKeyPair, signWith, type Algorithm, type KeyPair } from './keys.ts'

/** What a server asks a browser for when a passkey is to be made, as far as it matters here. */
export interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
}

/** What it asks for when one is to be used. */
export interface RequestOptions {
  readonly challenge: string
  readonly rpId: string
  readonly allowCredentials?: readonly { readonly id: string }[]
}

/** What can be said otherwise than it is. */
export interface Lies {
  readonly type?: string
  readonly challenge?: string
  readonly origin?: string
  /** Members that are added to the client data, or replaced. */
  readonly clientData?: Readonly<Record<string, unknown>>
  /** Whose hash the authenticator data begins with. */
  readonly rpId?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly signCount?: number
  /** Null for none at all. */
  readonly userHandle?: string | null
  /** The credential's name outside of what is signed. */
  readonly id?: string
  /** The credential's name inside. */
  readonly credentialId?: Buffer
  readonly format?: string
  readonly statement?: ReadonlyMap<string, Cbor>
  /** Bytes after the authenticator data, and after the attestation object. */
  readonly moreData?: Buffer
  readonly moreObject?: Buffer
  /** Changes the flags after signing, or the signature itself. */
  readonly forgedFlags?: number
  readonly signature?: (right: Buffer) => Buffer
}

export interface Held {
  readonly id: Buffer
  readonly rpId: string
  readonly userHandle: string
  readonly keys: KeyPair
  readonly backupEligible: boolean
  signCount: number
}

/** A browser and its authenticator in software, which answers as WebAuthn has it, and can lie in every field. */
export class SoftAuthenticator {
  readonly held: Held[] = []
  readonly #origin: string
  readonly #given: {
    readonly algorithm: Algorithm
    readonly backupEligible: boolean
    readonly counts: boolean
  }

  /** @param origin the page that it is used on. */
  constructor(
    origin: string,
    given: {
      readonly algorithm?: Algorithm
      /** Whether its passkeys are copied to the person's other devices. */
      readonly backupEligible?: boolean
      readonly counts?: boolean
    } = {},
  ) {
    this.#origin = origin
    this.#given = { algorithm: 'ES256', backupEligible: false, counts: true, ...given }
  }

  /** Makes a passkey (WebAuthn 6.3.2), and answers as `PublicKeyCredential.toJSON()` does. */
  create({ challenge, rp, user }: CreationOptions, lies: Lies = {}) {
    const { algorithm, backupEligible, counts } = this.#given
    const id = lies.credentialId ?? randomBytes(32)
    const made: Held = {
      id,
      rpId: rp.id,
      userHandle: user.id,
      keys: newKeyPair(algorithm),
      backupEligible,
      signCount: counts ? 1 : 0,
    }
    this.held.push(made)
    const clientData = this.#clientData('webauthn.create', challenge, lies)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, id, cbor(made.keys.cose)])
    const authData = Buffer.concat([dataOf(made, lies, 0x40), attested, lies.moreData ?? Buffer.alloc(0)])
    const statement = lies.statement ?? new Map<string, Cbor>()
    const object = new Map<string, Cbor>([
      ['fmt', lies.format ?? 'none'],
      [
        'attStmt',
        lies.format === 'packed' ? selfSigned(made, { authData, clientData }, statement) : statement,
      ],
      ['authData', authData],
    ])
    return {
      ...nameOf(made, lies),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: Buffer.concat([cbor(object), lies.moreObject ?? Buffer.alloc(0)]).toString(
          'base64url',
        ),
        transports: ['internal'],
      },
      clientExtensionResults: { credProps: { rk: true } },
    }
  }

  /** Uses the newest of the passkeys that the server allows; an empty list allows all (WebAuthn 6.3.3). */
  get({ challenge, rpId, allowCredentials = [] }: RequestOptions, lies: Lies = {}) {
    const allowed = allowCredentials.map(({ id }) => id)
    const found = this.held.findLast(
      (each) =>
        each.rpId === rpId && (allowed.length === 0 || allowed.includes(each.id.toString('base64url'))),
    )
    if (found === undefined) throw new Error('The authenticator has no such passkey.')
    if (found.signCount > 0) found.signCount += 1
    const clientData = this.#clientData('webauthn.get', challenge, lies)
    const authData = Buffer.concat([dataOf(found, lies, 0), lies.moreData ?? Buffer.alloc(0)])
    const hash = createHash('sha256').update(clientData).digest()
    const signature = signWith(found.keys, Buffer.concat([authData, hash]))
    if (lies.forgedFlags !== undefined) authData.writeUInt8(lies.forgedFlags, 32)
    return {
      ...nameOf(found, lies),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: (lies.signature?.(signature) ?? signature).toString('base64url'),
        ...(lies.userHandle === null ? {} : { userHandle: lies.userHandle ?? found.userHandle }),
      },
      clientExtensionResults: {},
    }
  }

  #clientData(type: string, challenge: string, lies: Lies): Buffer {
    const said = {
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.#origin,
      crossOrigin: false,
      ...lies.clientData,
    }
    return Buffer.from(JSON.stringify(said))
  }
}

/** The first 37 bytes of the authenticator data (WebAuthn 6.1). */
function dataOf(held: Held, lies: Lies, also: number): Buffer {
  const bytes = Buffer.alloc(37)
  createHash('sha256')
    .update(lies.rpId ?? held.rpId)
    .digest()
    .copy(bytes)
  const flags =
    (lies.userPresent === false ? 0 : 1) |
    (lies.userVerified === false ? 0 : 4) |
    ((lies.backupEligible ?? held.backupEligible) ? 8 : 0) |
    (lies.backedUp === true ? 16 : 0)
  bytes.writeUInt8(flags | also, 32)
  bytes.writeUInt32BE(lies.signCount ?? held.signCount, 33)
  return bytes
}

function selfSigned(
  held: Held,
  { authData, clientData }: { authData: Buffer; clientData: Buffer },
  more: ReadonlyMap<string, Cbor>,
): ReadonlyMap<string, Cbor> {
  const hash = createHash('sha256').update(clientData).digest()
  const sig = signWith(held.keys, Buffer.concat([authData, hash]))
  return new Map<string, Cbor>([['alg', coseNumbers[held.keys.algorithm]], ['sig', sig], ...more])
}

function nameOf(held: Held, lies: Lies) {
  const id = lies.id ?? held.id.toString('base64url')
  return { id, rawId: id, type: 'public-key', authenticatorAttachment: 'platform' }
}
