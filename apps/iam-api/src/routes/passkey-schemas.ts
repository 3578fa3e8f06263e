import * as Type from 'typebox'

const strict = { additionalProperties: false }

/** Bytes as `PublicKeyCredential.toJSON()` spells them: base64url without padding. */
const bytes = (maxLength: number, description?: string) =>
  Type.String({
    maxLength,
    pattern: '^[A-Za-z0-9_-]*$',
    ...(description === undefined ? {} : { description }),
  })

/** WebAuthn 4: a credential's id is no longer than 1023 bytes. */
const credentialId = bytes(1364)

const common = {
  id: credentialId,
  rawId: credentialId,
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(
    Type.Union([Type.Enum(['platform', 'cross-platform']), Type.Null()]),
  ),
}

/** What a browser says of extensions. */
const ExtensionResults = Type.Object({}, { description: 'Not looked at.' })

/** A passkey that was made, as `PublicKeyCredential.toJSON()` says it. */
export const Registration = Type.Object(
  {
    ...common,
    response: Type.Object(
      {
        clientDataJSON: bytes(4096),
        attestationObject: bytes(16_384),
        transports: Type.Optional(
          Type.Array(Type.String({ pattern: '^[a-z-]{1,32}$' }), {
            maxItems: 10,
            description: 'How the authenticator can be reached.',
          }),
        ),
        authenticatorData: Type.Optional(bytes(16_384, 'Not looked at.')),
        publicKey: Type.Optional(bytes(8192, 'Not looked at.')),
        publicKeyAlgorithm: Type.Optional(Type.Integer({ description: 'Not looked at.' })),
      },
      strict,
    ),
    clientExtensionResults: Type.Optional(ExtensionResults),
  },
  { ...strict, description: 'What PublicKeyCredential.toJSON() answers.' },
)

/** A passkey that was used. */
export const Assertion = Type.Object(
  {
    ...common,
    response: Type.Object(
      {
        clientDataJSON: bytes(4096),
        authenticatorData: bytes(8192),
        signature: bytes(2048),
        userHandle: Type.Optional(Type.Union([bytes(128), Type.Null()])),
      },
      strict,
    ),
    clientExtensionResults: Type.Optional(ExtensionResults),
  },
  { ...strict, description: 'What PublicKeyCredential.toJSON() answers.' },
)

const Named = Type.Object({
  type: Type.Literal('public-key'),
  id: Type.String(),
  transports: Type.Array(Type.String()),
})

const Verification = Type.Enum(['required', 'preferred'])

const Creation = Type.Object(
  {
    rp: Type.Object({ id: Type.String(), name: Type.String() }),
    user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
    challenge: Type.String(),
    pubKeyCredParams: Type.Array(Type.Object({ type: Type.Literal('public-key'), alg: Type.Integer() })),
    timeout: Type.Integer(),
    excludeCredentials: Type.Array(Named),
    authenticatorSelection: Type.Object({
      residentKey: Type.Literal('preferred'),
      requireResidentKey: Type.Boolean(),
      userVerification: Verification,
    }),
    attestation: Type.Literal('none'),
  },
  { description: 'For PublicKeyCredential.parseCreationOptionsFromJSON.' },
)

const Request = Type.Object(
  {
    challenge: Type.String(),
    rpId: Type.String(),
    timeout: Type.Integer(),
    userVerification: Verification,
    allowCredentials: Type.Array(Named),
  },
  { description: 'For PublicKeyCredential.parseRequestOptionsFromJSON.' },
)

const begun = {
  challenge: Type.String({ description: 'To be sent with what the browser answers.' }),
  expiresAt: Type.String({ format: 'date-time' }),
}

export const PasskeySetup = Type.Object({ ...begun, options: Creation })
export const PasskeyRequest = Type.Object({ ...begun, options: Request })
