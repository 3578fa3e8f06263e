import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Db } from '../db/index.ts'
import { Refusal, settle, type Clock } from '../kit/index.ts'
import {
  isKeyFor,
  readEndorsement,
  thumbprint,
  type Endorsement,
  type KeyPurpose,
  type PublicJwk,
} from '../key-set/index.ts'
import type { Deployment, KeyWrapping } from '../secret-key/index.ts'
import { endorsedKey } from './endorsed-key.ts'
import { isSignatureOf, signerIn, type Sign } from './jws-signature.ts'
import { signingKeyAad } from './key-aad.ts'
import { signInKms, type KmsSigning } from './kms-signing.ts'
import { listSigningKeys, type SigningKeyRow } from './queries.ts'
import { accessTokenHeader, type LoadedSigningKey, type SigningKeys } from './signing-keys.ts'

type LoadSigningKeys = {
  readonly db: Pick<Db, 'kysely'>
  readonly clock: Clock
  readonly wrapping: Pick<KeyWrapping, 'unwrap'>
  readonly deployment: Deployment
  /** Thumbprints of the endorsement keys. */
  readonly endorsementAnchors: readonly string[]
  readonly signingKeys: SigningKeys
  /** What the keys are for: access tokens when nothing is said. */
  readonly purpose?: KeyPurpose
  /** What signs with keys in KMS; without it they only verify here. */
  readonly kmsSigning?: KmsSigning | undefined
}

/**
 * Brings this instance's keys in line with the table: published and active ones, unwrapped before they are
 * needed. A key whose endorsement does not hold, that does not unwrap to what was endorsed, or that does not
 * sign, is left out. Keys in KMS are taken by their endorsement alone: they verify also while KMS is away, and each
 * signature is held against the endorsed key.
 * @returns the kids that were left out, each with the reason, for the log.
 * @throws when some could not be unwrapped now, after taking in the others.
 */
export async function loadSigningKeys(deps: LoadSigningKeys): Promise<LeftOut[]> {
  const { keys, databaseTime } = await listSigningKeys(deps.db.kysely, deps.purpose ?? 'token')
  const ahead = databaseTime.getTime() - deps.clock().getTime()
  const wanted = keys.filter((row) => row.state !== 'pending')
  const { done, failure } = await settle(wanted.map((row) => load(deps, row)))
  const missing = wanted.filter(({ kid }) => !done.some((outcome) => outcome.kid === kid))
  deps.signingKeys.replace(
    done.flatMap((outcome) => ('reason' in outcome ? [] : [outcome])),
    ahead,
    missing.map((row) => accessTokenHeader(row)),
  )
  if (failure !== undefined) throw failure.reason
  return done.filter((outcome) => 'reason' in outcome)
}

type LeftOut = { readonly kid: string; readonly reason: string }

async function load(deps: LoadSigningKeys, row: SigningKeyRow): Promise<LoadedSigningKey | LeftOut> {
  const held = deps.signingKeys.byKid(row.kid)
  const activateAt = row.state === 'active' ? row.activateAt : null
  if (held !== undefined) return { ...held, activateAt }
  const { env, issuer } = deps.deployment
  const endorsement = await readEndorsement(endorsedKey(row), {
    env,
    issuer,
    scope: 'issuer',
    purpose: deps.purpose ?? 'token',
    anchors: deps.endorsementAnchors,
  })
  if (endorsement === undefined) return { kid: row.kid, reason: 'its endorsement does not hold' }
  const times = { activateAt, ...timesOf(endorsement) }
  if (row.kmsVersion !== null) return { ...kmsKey(deps, endorsement, row.kmsVersion), ...times }
  if (row.wrapped === null) return { kid: row.kid, reason: 'it has no wrapped private key' }
  const aad = signingKeyAad(deps.deployment, { ...endorsement, id: row.id })
  const privateKey = await unwrapPrivateKey(deps, row.wrapped, aad)
  if (privateKey === undefined) return { kid: row.kid, reason: 'its private key was not wrapped for it' }
  const { kid, alg } = endorsement
  const publicKey = createPublicKey(privateKey)
  if (!isKey({ kid, alg, publicKey })) return { kid, reason: 'it is not the key that was endorsed' }
  const sign = signerIn(alg, privateKey)
  if (!(await signs({ kid, alg, publicKey, sign }))) return { kid, reason: 'it does not sign' }
  return {
    kid,
    alg,
    sign,
    publicKey,
    header: accessTokenHeader(endorsement),
    ...times,
  }
}

function timesOf({ sign_until: signUntil, verify_until: verifyUntil }: Endorsement) {
  return { signUntil: new Date(signUntil * 1000), verifyUntil: new Date(verifyUntil * 1000) }
}

function kmsKey(
  { kmsSigning: kms }: LoadSigningKeys,
  endorsement: Endorsement,
  version: string,
): Omit<LoadedSigningKey, 'activateAt' | 'signUntil' | 'verifyUntil'> {
  const { kid, alg, jwk } = endorsement
  const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const key = { kid, alg, publicKey, version }
  const sign: Sign = async (input, tenantId = '') => {
    if (kms === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
    return signInKms({ kms, key }, input, tenantId)
  }
  return {
    kid,
    alg,
    publicKey,
    header: accessTokenHeader(endorsement),
    sign,
    recentTokens: kms?.recentTokens,
  }
}

async function unwrapPrivateKey(
  deps: LoadSigningKeys,
  wrapped: Buffer,
  aad: Buffer,
): Promise<KeyObject | undefined> {
  const pkcs8 = await deps.wrapping.unwrap(wrapped, aad)
  if (pkcs8 === undefined) return undefined
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  } finally {
    pkcs8.fill(0)
  }
}

type Public = Pick<LoadedSigningKey, 'kid' | 'alg' | 'publicKey'>

function isKey({ kid, alg, publicKey }: Public): boolean {
  const jwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk
  return isKeyFor(alg, jwk) && thumbprint(jwk) === kid
}

async function signs(key: Public & { readonly sign: Sign }): Promise<boolean> {
  const probe = `probe of ${key.kid}`
  return isSignatureOf(key, probe, Buffer.from(await key.sign(probe), 'base64url'))
}
