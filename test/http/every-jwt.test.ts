import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { verifyAccessToken, VerifiedTokens, type AccessTokenClaims } from '@iam/domain/access-token'
import {
  digestOf,
  endorsementTyp,
  readHistoricalKeys,
  inspectKeySet,
  keySetTyp,
  readEndorsement,
  readKeySet,
  signingAlgs,
  type AnchorSigner,
  type EndorsedKey,
  type SigningAlg,
} from '@iam/domain/key-set'
import { packStatuses, readStatusList, statusListTyp, statusListUri } from '@iam/domain/status-list-token'
import type { Signer } from '@iam/domain/signing-key'
import { IssuerKey, StandInIssuer } from '@iam/testkit/issuer'
import { testAnchors } from '@iam/testkit/kms'
import { addSigningKey, logIn, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { createVerifier } from '@iam/verifier'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A good JWS and what it is made of, so that others can be made that differ in one thing. */
interface Good {
  readonly header: Readonly<Record<string, unknown>> & { readonly alg: string; readonly kid: string }
  readonly claims: Readonly<Record<string, unknown>>
  /** By the key that the place trusts. */
  readonly sign: (input: string) => Promise<Buffer>
  readonly publicKey: KeyObject
}

/** Somewhere that a JWT is taken, in any process or package of ours. */
interface Place {
  readonly name: string
  /** What reads it there. A file that verifies and stands in no place fails the last test. */
  readonly files: readonly string[]
  readonly good: () => Good
  readonly takes: (jws: string) => Promise<boolean>
}

const domain = 'packages/domain/src/key-set'
const anchoredByDomain = [
  `${domain}/verify-anchored.ts`,
  `${domain}/endorsement.ts`,
  `${domain}/read-key-set.ts`,
]
const anchoredByVerifier = [
  'packages/verifier/src/anchored.ts',
  'packages/verifier/src/signed-key-set-reader.ts',
]

let world: World
let issuer: StandInIssuer
const claimsOfApi: Partial<Record<SigningAlg, AccessTokenClaims>> = {}
const signers: Partial<Record<SigningAlg, Signer>> = {}
const keys = { ES256: new IssuerKey('ES256'), RS256: new IssuerKey('RS256'), EdDSA: new IssuerKey('EdDSA') }
const endorsed = new IssuerKey()
const stranger = new IssuerKey()

beforeAll(async () => {
  world = await openWorld(inject('services'))
  issuer = await StandInIssuer.open()
  issuer.keys = Object.values(keys)
  const { accessToken } = await logIn(world)
  for (const alg of signingAlgs) {
    if (alg !== 'ES256') await addSigningKey(world, alg)
    claimsOfApi[alg] = partOf(accessToken, 1) as unknown as AccessTokenClaims
    const signer = world.signingKeys.signer(world.clock(), alg)
    if (signer !== undefined) signers[alg] = signer
  }
})
afterAll(async () => {
  issuer.close()
  await world.close()
})

function partOf(jws: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(jws.split('.')[index] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >
}

/** Bearer tokens at iam-api, signed with each algorithm. */
const apiPlaces = signingAlgs.map(
  (alg): Place => ({
    name: `iam-api, bearer token, ${alg}`,
    files: ['packages/domain/src/access-token/verify-access-token.ts'],
    good: () => {
      const signer = signers[alg]
      const key = signer && world.signingKeys.byKid(signer.kid)
      if (signer === undefined || key === undefined) throw new Error(`Nothing signs with ${alg}.`)
      const header = { alg, typ: 'at+jwt', kid: signer.kid }
      const sign = async (input: string) => Buffer.from(await signer.sign(input), 'base64url')
      return { header, claims: { ...claimsOfApi[alg] }, sign, publicKey: key.publicKey }
    },
    takes: async (jws) => {
      try {
        verifyAccessToken({ ...world, verifiedTokens: new VerifiedTokens() }, jws)
        return true
      } catch {
        return false
      }
    },
  }),
)

/** Access tokens at services. */
const servicePlaces = signingAlgs.map(
  (alg): Place => ({
    name: `@iam/verifier, access token, ${alg}`,
    files: ['packages/verifier/src/create-verifier.ts'],
    good: () => ({
      header: { alg, typ: 'at+jwt', kid: keys[alg].kid },
      claims: issuer.claims(),
      sign: async (input) => keys[alg].sign(input),
      publicKey: publicKeyOf(keys[alg].jwk),
    }),
    takes: async (jws) => {
      issuer.document = undefined
      const options = {
        issuer: issuer.url,
        audience: 'https://api.example',
        tenants: 'any',
        now: issuer.now,
      } as const
      return succeeds(createVerifier(options).verify(jws))
    },
  }),
)

const pinned = {
  env: testDeployment.env,
  keySet: [testAnchors.publisher.kid],
  endorsement: [testAnchors.endorser.kid],
}

const endorsement = (): Good =>
  anchored(testAnchors.endorser, endorsementTyp, {
    v: 1,
    env: testDeployment.env,
    iss: issuer.url,
    scope: 'issuer',
    kid: endorsed.kid,
    jwk: endorsed.jwk,
    alg: 'ES256',
    use: 'sig',
    purpose: 'token',
    created: issuer.seconds,
    sign_until: issuer.seconds + 3600,
    verify_until: issuer.seconds + 7200,
  })

const keySet = (key: object): Good =>
  anchored(testAnchors.publisher, keySetTyp, {
    iss: issuer.url,
    sub: issuer.url,
    iat: issuer.seconds,
    exp: issuer.seconds + 3600,
    version: issuer.time,
    parts: { local: issuer.time },
    keys: [key],
    metadata: { openid_provider: {} },
  })

let goodKey: EndorsedKey
beforeAll(async () => {
  goodKey = { ...endorsed.jwk, endorsement: await written(endorsement()) } as unknown as EndorsedKey
})

/** Signed by the key that signs the set, which vouches for it by its digest besides: that is not what is tried here. */
const history = (): Good => {
  const {
    keys: _keys,
    sub: _sub,
    exp: _exp,
    version: _version,
    parts: _parts,
    metadata: _metadata,
    ...claims
  } = keySet(goodKey).claims
  const ended = { ...goodKey, iat: issuer.seconds, exp: issuer.seconds + 3600 }
  return anchored(testAnchors.publisher, keySetTyp, { ...claims, keys: [ended] })
}

const reading = () => ({
  env: testDeployment.env,
  issuer: issuer.url,
  anchors: [testAnchors.publisher.kid],
  endorsementAnchors: [testAnchors.endorser.kid],
  floor: {},
  now: new Date(issuer.time),
})

const serviceReads = async (document: string) => {
  issuer.document = document
  const options = {
    issuer: issuer.url,
    audience: 'https://api.example',
    tenants: 'any',
    now: issuer.now,
  } as const
  return succeeds(createVerifier({ ...options, pinned }).ready())
}

const documentPlaces: readonly Place[] = [
  {
    name: 'iam-api and iam-jwks, endorsement of a key',
    files: anchoredByDomain,
    good: endorsement,
    takes: async (jws) => {
      const expected = {
        ...reading(),
        anchors: reading().endorsementAnchors,
        scope: 'issuer',
        purpose: 'token',
      } as const
      return (await readEndorsement({ ...goodKey, endorsement: jws }, expected)) !== undefined
    },
  },
  {
    name: '@iam/verifier, endorsement of a key',
    files: anchoredByVerifier,
    good: endorsement,
    takes: async (jws) => serviceReads(await written(keySet({ ...endorsed.jwk, endorsement: jws }))),
  },
  {
    name: 'iam-jwks, signed key set',
    files: anchoredByDomain,
    good: () => keySet(goodKey),
    takes: async (jws) => typeof (await readKeySet(jws, reading())) === 'object',
  },
  {
    name: 'whoever verifies old signatures, historical keys',
    files: [`${domain}/historical-keys.ts`],
    good: history,
    takes: async (jws) =>
      typeof (await readHistoricalKeys(jws, { ...reading(), digest: digestOf(jws) })) === 'object',
  },
  {
    name: 'iam key-set verify, signed key set',
    files: [`${domain}/inspect-key-set.ts`],
    good: () => keySet(goodKey),
    takes: async (jws) => (await inspectKeySet(jws, reading())).fault === undefined,
  },
  {
    name: '@iam/verifier, signed key set',
    files: anchoredByVerifier,
    good: () => keySet(goodKey),
    takes: serviceReads,
  },
]

const listId = 'local-0'

const statusList = (): Good => {
  const [key] = issuer.statusKeys
  if (key === undefined) throw new Error('Nothing signs status lists.')
  return {
    header: { alg: key.alg, typ: statusListTyp, kid: key.kid },
    claims: {
      sub: statusListUri(issuer.url, listId),
      iat: issuer.seconds,
      exp: issuer.seconds + 300,
      ttl: 15,
      status_list: { bits: 1, lst: packStatuses([]) },
      denied_kids: [],
    },
    sign: async (input) => key.sign(input),
    publicKey: publicKeyOf(key.jwk),
  }
}

const listPlaces: readonly Place[] = [
  {
    name: 'iam-jwks, status list',
    files: ['packages/domain/src/status-list-token/read-status-list.ts'],
    good: statusList,
    takes: async (jws) => {
      const statusKeys = issuer.statusKeys.map(({ jwk }) => jwk as unknown as EndorsedKey)
      const about = { issuer: issuer.url, id: listId, keys: statusKeys, now: new Date(issuer.time) }
      return typeof (await readStatusList(jws, about)) === 'object'
    },
  },
  {
    name: '@iam/verifier, status list',
    files: ['packages/verifier/src/read-status-list.ts'],
    good: statusList,
    takes: async (jws) => {
      issuer.document = undefined
      issuer.statusLists.set(statusListUri(issuer.url, listId), jws)
      const options = { issuer: issuer.url, audience: 'https://api.example', tenants: 'any' } as const
      const verifier = createVerifier({ ...options, now: issuer.now, status: 'required' })
      const claims = { status: issuer.statusClaim(listId, 1) }
      return succeeds(verifier.verify(issuer.mint({ claims })))
    },
  },
]

/** Every place. What is to be taken somewhere else comes here first. */
const places: readonly Place[] = [...apiPlaces, ...servicePlaces, ...documentPlaces, ...listPlaces]

function anchored(by: AnchorSigner, typ: string, claims: Good['claims']): Good {
  return {
    header: { alg: 'ES256', typ, kid: by.kid, jwk: by.jwk },
    claims,
    sign: (input) => by.sign(Buffer.from(input)),
    publicKey: publicKeyOf(by.jwk as unknown as JsonWebKey),
  }
}

const publicKeyOf = (jwk: JsonWebKey) => createPublicKey({ key: jwk, format: 'jwk' })
const succeeds = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  )

const encoded = (part: string | Buffer | object) =>
  (typeof part === 'string' || Buffer.isBuffer(part)
    ? Buffer.from(part)
    : Buffer.from(JSON.stringify(part))
  ).toString('base64url')

interface Changes {
  readonly header?: Readonly<Record<string, unknown>> | string
  readonly claims?: Readonly<Record<string, unknown>> | string | Buffer
  readonly sign?: ((input: string, good: Good) => Buffer | Promise<Buffer>) | undefined
}

/** A compact JWS that differs in what is named, signed by the key that is trusted if nothing else is said. */
async function written(good: Good, { header = {}, claims = {}, sign }: Changes = {}): Promise<string> {
  const head = typeof header === 'string' ? header : { ...good.header, ...header }
  const body = typeof claims === 'string' || Buffer.isBuffer(claims) ? claims : { ...good.claims, ...claims }
  const input = `${encoded(head)}.${encoded(body)}`
  const signature = await (sign === undefined ? good.sign(input) : sign(input, good))
  return `${input}.${signature.toString('base64url')}`
}

/** The claim that says whose it is: a status list says so by its own address. */
const sayer = ({ claims }: Good) => ('iss' in claims ? 'iss' : 'sub')

type Make = (good: Good) => Promise<string>
const changed =
  (changes: Changes): Make =>
  (good) =>
    written(good, changes)
const respelled =
  (change: (jws: string, parts: readonly [string, string, string]) => string): Make =>
  async (good) => {
    const jws = await written(good)
    return change(jws, jws.split('.') as [string, string, string])
  }
const unsigned = () => Buffer.alloc(0)
const onP384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const hmac =
  (secretOf: (key: KeyObject) => string | Buffer): Changes['sign'] =>
  (input, { publicKey }) =>
    createHmac('sha256', secretOf(publicKey)).update(input).digest()
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' })
const der = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })
const jwkText = (key: KeyObject) => JSON.stringify(key.export({ format: 'jwk' }))
const by =
  (key: IssuerKey): Changes['sign'] =>
  (input) =>
    key.sign(input)
const nowhere = 'http://169.254.169.254/'
const others = ['none', 'HS256', 'PS256', 'ES384', 'RS512', 'Ed25519', 'ES256K'] as const
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The attacks of the catalogue that every place refuses alike, by their numbers. */
const attacks: readonly (readonly [string, Make])[] = [
  ...['none', 'None', 'nOnE', 'NONE', ''].flatMap((alg): [string, Make][] => [
    [`C1: alg ${JSON.stringify(alg)}, signed`, changed({ header: { alg } })],
    [`C1: alg ${JSON.stringify(alg)}, unsigned`, changed({ header: { alg }, sign: unsigned })],
  ]),
  ['C1: no alg', changed({ header: { alg: undefined } })],
  ['C1: an empty signature', changed({ sign: unsigned })],
  [
    'C1: the alg in small letters',
    (good) => written(good, { header: { alg: good.header.alg.toLowerCase() } }),
  ],
  ['C2: HS256 with the public key as PEM', changed({ header: { alg: 'HS256' }, sign: hmac(pem) })],
  ['C2: HS256 with the public key as DER', changed({ header: { alg: 'HS256' }, sign: hmac(der) })],
  ['C2: HS256 with the public key as JWK', changed({ header: { alg: 'HS256' }, sign: hmac(jwkText) })],
  ['C2: the key’s own alg with an HMAC', changed({ sign: hmac(pem) })],
  ...others.map((alg): [string, Make] => [`C3, C4: ${alg} for the key’s alg`, changed({ header: { alg } })]),
  ...signingAlgs.map((alg): [string, Make] => [
    `C3, C4: the name of the trusted key, signed with ${alg} by another`,
    changed({ header: { alg }, sign: by(new IssuerKey(alg)) }),
  ]),
  [
    'C3: another of the two that are meant, signed by the right key',
    async (good) => written(good, { header: { alg: signingAlgs.find((alg) => alg !== good.header.alg) } }),
  ],
  ...['../../dev/null', "' OR 1=1--", '\0', 'k'.repeat(10_240), nowhere, '__proto__', '', 7].map(
    (kid): [string, Make] => [`C5: kid ${JSON.stringify(kid).slice(0, 24)}`, changed({ header: { kid } })],
  ),
  ['C7: jku', changed({ header: { jku: nowhere } })],
  ['C7: x5u', changed({ header: { x5u: nowhere } })],
  [
    'C8: the key of a stranger',
    changed({ header: { jwk: stranger.jwk, kid: stranger.kid }, sign: by(stranger) }),
  ],
  [
    'C8: the key of a stranger under the trusted name',
    changed({ header: { jwk: stranger.jwk }, sign: by(stranger) }),
  ],
  ['C8: x5c', changed({ header: { x5c: ['MIIB'] } })],
  ['C9: an unknown crit', changed({ header: { crit: ['exp'], exp: 1 } })],
  ['C9: an empty crit', changed({ header: { crit: [] } })],
  ['C9: a crit that is no list', changed({ header: { crit: 'b64' } })],
  ['C10: b64 false', changed({ header: { b64: false } })],
  ['C10: b64 false, crit', changed({ header: { b64: false, crit: ['b64'] } })],
  [
    'C11: alg twice',
    (good) => written(good, { header: JSON.stringify(good.header).replace('{', '{"alg":"none",') }),
  ],
  [
    'C11: white space in the header',
    (good) => written(good, { header: JSON.stringify(good.header).replace('{', '{ ') }),
  ],
  [
    'C12: JSON, flattened',
    respelled((_jws, [head, payload, signature]) => JSON.stringify({ protected: head, payload, signature })),
  ],
  ['C12: a line break', respelled((jws) => `${jws}\n`)],
  ['C12: a space', respelled((jws) => ` ${jws}`)],
  ['C13: padding', respelled((jws) => `${jws}==`)],
  [
    'C13: the other alphabet',
    respelled((_jws, [head, payload, signature]) => `${head}.${payload}.${signature.slice(0, -1)}+`),
  ],
  [
    'C13: another spelling of the last character',
    respelled((jws) => {
      const last = alphabet.indexOf(jws.at(-1) ?? '')
      return jws.slice(0, -1) + (alphabet[last ^ 1] ?? '')
    }),
  ],
  ['C13: a payload that is no UTF-8', changed({ claims: Buffer.from([0x7b, 0xff, 0x7d]) })],
  ['C14: one dot', respelled((jws) => jws.slice(0, jws.lastIndexOf('.')))],
  ['C14: no header', respelled((_jws, [, payload, signature]) => `.${payload}.${signature}`)],
  ['C14: no payload', respelled((_jws, [head, , signature]) => `${head}..${signature}`)],
  ['C14: four dots', respelled((jws) => `${jws}.a.b`)],
  ['C14: nothing', async () => ''],
  ['C14: dots', async () => '..'],
  ['C14: a payload that is a list', changed({ claims: '[]' })],
  ['C14: a payload that is no JSON', changed({ claims: 'iss=me' })],
  ['C15: two megabytes', respelled((jws) => jws + 'A'.repeat(2_097_152))],
  ['C15: a header ten thousand brackets deep', changed({ header: '['.repeat(10_000) + ']'.repeat(10_000) })],
  [
    'C16: a signature of zeros',
    async (good) => written(good, { sign: async (input) => Buffer.alloc((await good.sign(input)).length) }),
  ],
  [
    'C16: a signature of ones',
    async (good) =>
      written(good, { sign: async (input) => Buffer.alloc((await good.sign(input)).length, 0xff) }),
  ],
  [
    'C16: a signature in DER',
    async (good) =>
      written(good, {
        sign: async (input) => Buffer.concat([Buffer.from([0x30, 0x44]), await good.sign(input)]),
      }),
  ],
  [
    'C16: a short signature',
    async (good) => written(good, { sign: async (input) => (await good.sign(input)).subarray(1) }),
  ],
  [
    'C16: a signature over something else',
    async (good) => written(good, { sign: () => good.sign('something else') }),
  ],
  ['C16: a key on P-384', changed({ sign: (input) => sign('sha256', Buffer.from(input), onP384) })],
  ['C18: an encrypted token’s header', changed({ header: { alg: 'RSA-OAEP', enc: 'A256GCM', zip: 'DEF' } })],
  [
    'C18: PBES2 of a thousand million rounds',
    changed({ header: { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1e9 } }),
  ],
  ...['JWT', 'logout+jwt', 'dpop+jwt', 'oauth-authz-req+jwt', undefined, 7].map((typ): [string, Make] => [
    `C20: typ ${typ}`,
    changed({ header: { typ } }),
  ]),
  [
    'C20: typ in capitals',
    (good) => written(good, { header: { typ: String(good.header['typ']).toUpperCase() } }),
  ],
  ...['/', '.', ':443'].map((ending): [string, Make] => [
    `C22: an issuer with ${ending} at its end`,
    (good) => written(good, { claims: { [sayer(good)]: `${String(good.claims[sayer(good)])}${ending}` } }),
  ]),
  ['C22: no issuer', (good) => written(good, { claims: { [sayer(good)]: undefined } })],
]

describe.each(places)('C1 to C22 at every place that takes a JWT: $name', ({ good, takes }) => {
  test('takes a good one', async () => {
    expect(await takes(await written(good()))).toBe(true)
  })

  test.each(attacks)('refuses %s', async (_what, make) => {
    expect(await takes(await make(good()))).toBe(false)
  })

  test('C20: refuses what is good at any place where something else is taken', async () => {
    const own = good()
    for (const other of places) {
      const foreign = other.good()
      if (foreign.header['typ'] === own.header['typ'] && foreign.claims['iss'] === own.claims['iss']) continue
      expect(await takes(await written(foreign)), other.name).toBe(false)
    }
  })

  test('C20: refuses the claims of every other place under its own type and key', async () => {
    const own = good()
    for (const other of places) {
      const foreign = other.good()
      if (foreign.header['typ'] === own.header['typ']) continue
      const { claims } = foreign
      const jws = await written({ ...own, claims: { ...claims, iss: own.claims['iss'] } })
      expect(await takes(jws), other.name).toBe(false)
    }
  })
})

/** What verifies a JWS, or reads one without verifying it, by its name in jose and in our own code. */
const verifies =
  /\b(compactVerify|jwtVerify|flattenedVerify|generalVerify|jwtDecrypt|compactDecrypt|decodeJwt|EmbeddedJWK|isSignatureOf|verifyAnchored|readAnchored)\(/

/**
 * Heads of the audit trail: no process takes one from anybody, an export is looked into by hand. They are read by
 * `verifyAnchored`, as endorsements are above; what they must say is tried beside them.
 */
const triedElsewhere = new Set(['packages/domain/src/audit-seal/head.ts'])

test('C1: every place that takes a JWT is in the table above', () => {
  const listed = new Set(places.flatMap(({ files }) => files))
  const reading = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root })
    .filter((file) => !/[.]test[.]ts$|^packages\/testkit\//.test(file))
    .filter((file) => verifies.test(readFileSync(`${root}/${file}`, 'utf8')))
  // What is looked at there was signed a moment ago by a key of our own: nothing is taken from anybody.
  const own = /^packages\/domain\/src\/signing-key\//
  expect(reading.filter((file) => !listed.has(file) && !triedElsewhere.has(file) && !own.test(file))).toEqual(
    [],
  )
  expect([...listed].filter((file) => !reading.includes(file) && !file.endsWith('read-key-set.ts'))).toEqual(
    [],
  )
})
