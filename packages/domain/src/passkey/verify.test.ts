import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { cbor, SoftAuthenticator, type Algorithm, type Cbor, type Lies } from '@iam/testkit/authenticator'
import { describe, expect, test } from 'vitest'
import type { Passkey, PasskeyFault } from './passkey.ts'
import { verifyAssertion } from './verify-assertion.ts'
import { verifyRegistration } from './verify-registration.ts'

const origin = 'https://id.example.test'
const party = { rpId: 'id.example.test', origins: [origin, 'https://app.example.test'] }
const userHandle = randomBytes(64)
const challenge = randomBytes(32)
const spelt = challenge.toString('base64url')

const creation = { challenge: spelt, rp: { id: party.rpId }, user: { id: userHandle.toString('base64url') } }
const request = { challenge: spelt, rpId: party.rpId }

function register(authenticator: SoftAuthenticator, lies?: Lies, mustVerifyUser = true) {
  const registration = authenticator.create(creation, lies)
  return verifyRegistration({ party, challenge, registration, mustVerifyUser })
}

async function registered(authenticator: SoftAuthenticator, lies?: Lies): Promise<Passkey> {
  const made = await register(authenticator, lies)
  if ('fault' in made) throw new Error(made.fault)
  return { ...made.passkey, factorId: 'mfa_A', userId: 'usr_A', userHandle, disabledAt: null }
}

async function use(
  given: Lies = {},
  {
    authenticator = new SoftAuthenticator(origin),
    mustVerifyUser = true,
    mustNameUser = true,
    stored = {},
  }: {
    authenticator?: SoftAuthenticator
    mustVerifyUser?: boolean
    mustNameUser?: boolean
    stored?: Partial<Passkey>
  } = {},
) {
  const passkey = { ...(await registered(authenticator)), ...stored }
  const assertion = authenticator.get(request, given)
  return verifyAssertion({ party, challenge, assertion, passkey, mustVerifyUser, mustNameUser })
}

const fromElsewhere: [string, Lies, PasskeyFault][] = [
  ['another origin', { origin: 'https://evil.example' }, 'wrong_origin'],
  ['a subdomain', { origin: 'https://x.id.example.test' }, 'wrong_origin'],
  ['a sibling', { origin: 'https://www.example.test' }, 'wrong_origin'],
  ['plain http', { origin: 'http://id.example.test' }, 'wrong_origin'],
  ['another port', { origin: 'https://id.example.test:8443' }, 'wrong_origin'],
  ['the origin with a path', { origin: 'https://id.example.test/' }, 'wrong_origin'],
  ['no origin at all', { clientData: { origin: undefined } }, 'wrong_origin'],
  ['origins in a list', { clientData: { origin: [origin] } }, 'wrong_origin'],
  ['a frame of another site', { clientData: { crossOrigin: true } }, 'cross_origin'],
  ['a frame that says so in words', { clientData: { crossOrigin: 'true' } }, 'cross_origin'],
  ['a frame below another page', { clientData: { topOrigin: 'https://evil.example' } }, 'cross_origin'],
  ['another relying party', { rpId: 'example.test' }, 'wrong_relying_party'],
]

const ofAnotherCeremony: [string, Lies, PasskeyFault][] = [
  ['another challenge', { challenge: randomBytes(32).toString('base64url') }, 'wrong_challenge'],
  ['no challenge', { clientData: { challenge: undefined } }, 'wrong_challenge'],
  ['an empty challenge', { challenge: '' }, 'wrong_challenge'],
  ['a null challenge', { clientData: { challenge: null } }, 'wrong_challenge'],
  ['the challenge with padding', { challenge: `${spelt}=` }, 'wrong_challenge'],
]

const flagged: [string, Lies, PasskeyFault][] = [
  ['nobody there', { userPresent: false }, 'user_not_present'],
  ['nobody verified', { userVerified: false }, 'user_not_verified'],
  ['a copy of what cannot be copied', { backedUp: true }, 'backup_changed'],
]

describe('an assertion', () => {
  test.each<Algorithm>(['EdDSA', 'ES256', 'RS256'])('is taken when it is right, by %s', async (algorithm) => {
    const authenticator = new SoftAuthenticator(origin, { algorithm })
    expect(await use({}, { authenticator })).toEqual({
      verified: expect.objectContaining({ signCount: 2, userVerified: true, backedUp: false }) as unknown,
    })
  })

  test('is taken from another page that the tenant lists', async () => {
    expect(await use({ origin: 'https://app.example.test' })).toHaveProperty('verified')
  })

  test.each([...fromElsewhere])('C195: from %s is refused', async (_what, lies, fault) => {
    expect(await use(lies)).toEqual({ fault })
  })

  test('C195: for a passkey of a relying party that was another one is refused', async () => {
    expect(await use({}, { stored: { rpId: 'old.example.test' } })).toEqual({ fault: 'wrong_relying_party' })
  })

  test.each([
    ...ofAnotherCeremony,
    ['a ceremony that adds', { type: 'webauthn.create' }, 'wrong_type'] as const,
  ])('C196: with %s is refused', async (_what, lies, fault) => {
    expect(await use(lies)).toEqual({ fault })
  })

  test.each([
    ...flagged,
    ['a passkey that may suddenly be copied', { backupEligible: true }, 'backup_changed'] as const,
    ['one that is copied besides', { backupEligible: true, backedUp: true }, 'backup_changed'] as const,
    ['flags put in after signing', { userVerified: false, forgedFlags: 5 }, 'wrong_signature'] as const,
  ])('C197: with %s is refused', async (_what, lies, fault) => {
    expect(await use(lies)).toEqual({ fault })
  })

  test('C197: a passkey that may be copied cannot become one that may not', async () => {
    const authenticator = new SoftAuthenticator(origin, { backupEligible: true })
    expect(await use({ backupEligible: false }, { authenticator })).toEqual({ fault: 'backup_changed' })
    expect(await use({ backedUp: true }, { authenticator })).toHaveProperty('verified')
  })

  test('C197: without verification is taken where the tenant only prefers it', async () => {
    const taken = await use({ userVerified: false }, { mustVerifyUser: false })
    expect(taken).toMatchObject({ verified: { userVerified: false } })
    expect(await use({ userPresent: false }, { mustVerifyUser: false })).toEqual({
      fault: 'user_not_present',
    })
  })

  test.each([
    ['lower', 7, 6],
    ['the same', 7, 7],
    ['zero after it counted', 7, 0],
  ])('C198: with a counter that is %s is a copy', async (_what, stored, said) => {
    expect(await use({ signCount: said }, { stored: { signCount: stored } })).toEqual({ fault: 'cloned' })
  })

  test('C198: is taken when the counter went up, or neither side counts', async () => {
    expect(await use({ signCount: 8 }, { stored: { signCount: 7 } })).toHaveProperty('verified')
    expect(await use({ signCount: 0 }, { stored: { signCount: 0 } })).toHaveProperty('verified')
    expect(await use({ signCount: 1 }, { stored: { signCount: 0 } })).toHaveProperty('verified')
    expect(await use({ signCount: 0xffffffff }, { stored: { signCount: 7 } })).toHaveProperty('verified')
  })

  test('C198: whose counter is a lie besides its signature counts as a wrong signature', async () => {
    const lies = { signCount: 1, signature: (right: Buffer) => right.subarray(1) }
    expect(await use(lies, { stored: { signCount: 7 } })).toEqual({ fault: 'wrong_signature' })
  })

  test.each<[string, Lies]>([
    ['another person’s handle', { userHandle: randomBytes(64).toString('base64url') }],
    ['an empty handle', { userHandle: '' }],
    ['a handle that is no base64url', { userHandle: '!' }],
    ['no handle where nobody was named', { userHandle: null }],
  ])('C199: with %s is refused', async (_what, lies) => {
    expect(await use(lies)).toEqual({ fault: 'wrong_user_handle' })
  })

  test('C199: needs no handle where the person was named before', async () => {
    expect(await use({ userHandle: null }, { mustNameUser: false })).toHaveProperty('verified')
  })

  test.each<[string, Lies]>([
    ['somebody else’s signature', { signature: () => randomBytes(70) }],
    ['no signature', { signature: () => Buffer.alloc(0) }],
    [
      'a changed signature',
      { signature: (right) => Buffer.from(right.map((byte, at) => (at === 40 ? byte ^ 1 : byte))) },
    ],
    ['bytes that nothing announces', { moreData: Buffer.from('more') }],
    ['another passkey’s name', { id: randomBytes(32).toString('base64url') }],
  ])('C199: with %s is refused', async (_what, lies) => {
    expect(await use(lies)).toEqual({ fault: 'wrong_signature' })
  })

  test('C199: signed by another passkey of the same relying party is refused', async () => {
    const other = await registered(new SoftAuthenticator(origin))
    const taken = await use({}, { stored: { publicKey: other.publicKey } })
    expect(taken).toEqual({ fault: 'wrong_signature' })
  })
})

describe('a registration', () => {
  test.each<Algorithm>(['EdDSA', 'ES256', 'RS256'])(
    'is taken when it is right, for %s',
    async (algorithm) => {
      const made = await register(new SoftAuthenticator(origin, { algorithm, backupEligible: true }))
      expect(made).toMatchObject({
        passkey: {
          rpId: party.rpId,
          signCount: 1,
          backupEligible: true,
        },
      })
    },
  )

  test.each([...fromElsewhere])('C195: from %s is refused', async (_what, lies, fault) => {
    expect(await register(new SoftAuthenticator(origin), lies)).toEqual({ fault })
  })

  test.each([...ofAnotherCeremony, ['a login', { type: 'webauthn.get' }, 'wrong_type'] as const])(
    'C196: with %s is refused',
    async (_what, lies, fault) => {
      expect(await register(new SoftAuthenticator(origin), lies)).toEqual({ fault })
    },
  )

  test.each([...flagged])('C197: with %s is refused', async (_what, lies, fault) => {
    expect(await register(new SoftAuthenticator(origin), lies)).toEqual({ fault })
  })

  test('C200: with an algorithm that was not offered is refused', async () => {
    expect(await register(new SoftAuthenticator(origin, { algorithm: 'ES384' }))).toEqual({
      fault: 'malformed',
    })
  })

  const certificate = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })

  test.each<[string, Lies]>([
    ['certificates and no format', { statement: new Map([['x5c', [certificate]]]) }],
    ['a self-signed root', { format: 'packed', statement: new Map([['x5c', [certificate]]]) }],
    ['an empty list of certificates', { format: 'packed', statement: new Map([['x5c', []]]) }],
    ['a statement of another format', { format: 'fido-u2f' }],
    ['a format that nobody knows', { format: 'constructor' }],
  ])('C200: with %s is refused', async (_what, lies) => {
    expect(await register(new SoftAuthenticator(origin), lies)).toEqual({ fault: 'attestation' })
  })

  test('C200: signed by the new key itself is taken, signed by another is not', async () => {
    expect(await register(new SoftAuthenticator(origin), { format: 'packed' })).toHaveProperty('passkey')
    const lies = { format: 'packed', statement: new Map([['sig', randomBytes(70)]]) }
    expect(await register(new SoftAuthenticator(origin), lies)).toHaveProperty('fault')
  })

  const nested = Buffer.concat([Buffer.alloc(12_000, 0x81), Buffer.from([0])])
  test.each<[string, Lies]>([
    ['bytes after the object', { moreObject: Buffer.from([0]) }],
    ['bytes after the data', { moreData: Buffer.from([0]) }],
    ['another name outside', { id: randomBytes(32).toString('base64url') }],
    ['no name', { id: '' }],
    ['an endless name', { credentialId: randomBytes(1024) }],
    ['lists in lists in lists', { moreObject: nested }],
  ])('C200: with %s is refused', async (_what, lies) => {
    expect(await register(new SoftAuthenticator(origin), lies)).toEqual({ fault: 'malformed' })
  })

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a number', cbor(7)],
    ['an empty map', cbor(new Map())],
    [
      'a map of the wrong things',
      cbor(
        new Map<string, Cbor>([
          ['fmt', 'none'],
          ['attStmt', 7],
          ['authData', 'text'],
        ]),
      ),
    ],
    [
      'too little data',
      cbor(
        new Map<string, Cbor>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', Buffer.alloc(36)],
        ]),
      ),
    ],
    ['lists in lists in lists', nested],
    ['a length that is a lie', Buffer.from('5bffffffffffffffff', 'hex')],
    ['random bytes', randomBytes(500)],
  ])('C200: whose object is %s is refused', async (_what, object) => {
    const right = new SoftAuthenticator(origin).create(creation)
    const response = { ...right.response, attestationObject: object.toString('base64url') }
    const registration = { ...right, response }
    const made = await verifyRegistration({ party, challenge, registration, mustVerifyUser: true })
    expect(made).toHaveProperty('fault')
  })
})
