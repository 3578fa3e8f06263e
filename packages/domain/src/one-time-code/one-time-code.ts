import { timingSafeEqual } from 'node:crypto'
import type { Id } from '../kit/index.ts'
import { mintOpaqueToken, readOpaqueToken } from '../opaque-token/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { linkSecret, shortCode, type OneTimeName } from './derive.ts'
import type { OneTimePurpose } from './purposes.ts'

/** A code as it is stored: whose it is and what for, and with which key its secrets are derived. */
export interface OneTimeCode extends OneTimeName {
  readonly id: Id<'otc'>
  readonly userId: Id<'usr'>
  readonly keyVersion: number
  readonly createdAt: Date
  readonly expiresAt: Date
  /** What else the code is about, sealed: the address to change to or back to. */
  readonly sealedSubject?: { readonly dataKeyVersion: number; readonly sealed: Buffer } | undefined
}

type Deps = { readonly secrets: SecretRings }

/** The token in a mailed link, and the digits to type. The same every time, so that a mail sent twice says the same. */
export function spellOneTimeCode(
  deps: Deps,
  code: OneTimeCode,
  now: Date,
): { token: string; digits: string } {
  const key = keyOf(deps, code.keyVersion)
  const { token } = mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
    type: 'one-time',
    tenantId: code.tenantId,
    objectId: code.id,
    generation: code.keyVersion,
    secret: linkSecret(key, code),
  })
  return { token, digits: shortCode(key, code) }
}

/** A mailed link's token whose secret is right. Whether it can still be used, the database decides. */
export interface PresentedLink {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'otc'>
  readonly purpose: OneTimePurpose
}

/** Reads a mailed link's token. @returns undefined when it is not ours, or was made for another purpose. */
export function readOneTimeLink(
  deps: Deps,
  purpose: OneTimePurpose,
  text: string,
): PresentedLink | undefined {
  const token = readOpaqueToken(deps.secrets.of('token-tag'), 'one-time', text)
  if (token === undefined) return undefined
  const key = deps.secrets.of('one-time').byVersion(token.generation)
  if (key === undefined) return undefined
  const id = token.objectId as Id<'otc'>
  const right = linkSecret(key, { tenantId: token.tenantId, id, purpose })
  return timingSafeEqual(right, token.secret) ? { tenantId: token.tenantId, id, purpose } : undefined
}

/**
 * Whether these are the code's digits, compared in constant time. Spaces and dashes between them do not count. None are,
 * once their key was destroyed.
 */
export function fitsOneTimeCode({ secrets }: Deps, code: OneTimeCode, typed: string): boolean {
  const key = secrets.of('one-time').byVersion(code.keyVersion)
  if (key === undefined) return false
  const right = Buffer.from(shortCode(key, code))
  const given = Buffer.from(typed.replace(/[\s-]/g, ''))
  return given.length === right.length && timingSafeEqual(given, right)
}

function keyOf({ secrets }: Deps, version: number) {
  const key = secrets.of('one-time').byVersion(version)
  if (key === undefined) throw new Error(`One-time key ${version} is not loaded.`)
  return key
}
