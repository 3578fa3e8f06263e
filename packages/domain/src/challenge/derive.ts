import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { Challenge, ChallengeName } from './challenge.ts'

type Deps = { readonly secrets: SecretRings }
type Named = ChallengeName & { readonly keyVersion: number }

/** The 32 bytes in a challenge's token. @returns undefined when the key is not held (any more). */
export function tokenSecret({ secrets }: Deps, named: Named): Buffer | undefined {
  return derive(secrets, 'token', named)
}

/**
 * The 32 bytes that an authenticator signs (WebAuthn 13.4.3): of the same challenge always the same, and nothing of
 * them is stored. @throws Refusal `challenge_invalid` when their key is gone: they are too old by far.
 */
export function webAuthnBytes({ secrets }: Deps, challenge: Challenge): Buffer {
  const bytes = derive(secrets, 'webauthn', challenge)
  if (bytes === undefined) throw new Refusal('challenge_invalid')
  return bytes
}

const digits = 8

/**
 * The eight digits that are mailed where a login is proved by that: of the same challenge always the same. Of 64
 * bits, so that none is noticeably likelier. @throws Refusal `challenge_invalid` when their key is gone.
 */
export function mailedDigits({ secrets }: Deps, challenge: Challenge): string {
  const bytes = derive(secrets, 'digits', challenge)
  if (bytes === undefined) throw new Refusal('challenge_invalid')
  return String(bytes.readBigUInt64BE() % 10n ** BigInt(digits)).padStart(digits, '0')
}

/** Whether these are the digits, compared in constant time. Spaces between them do not count. */
export function fitsMailedDigits(deps: Deps, challenge: Challenge, typed: string): boolean {
  const right = Buffer.from(mailedDigits(deps, challenge))
  const given = Buffer.from(typed.replace(/\s/g, ''))
  return given.length === right.length && timingSafeEqual(given, right)
}

function derive(
  secrets: SecretRings,
  use: 'token' | 'webauthn' | 'digits',
  named: Named,
): Buffer | undefined {
  const key = secrets.of('one-time').byVersion(named.keyVersion)
  if (key === undefined) return undefined
  const text = ['iam/challenge/v1', use, named.tenantId, named.kind, named.id].join('\0')
  return createHmac('sha256', key).update(text).digest()
}

/**
 * What binds a challenge to a browser: it follows from what the browser's forms are tied to, and opens nothing.
 * @param formKey the key of its pre-session, or of its session.
 */
export function browserBinding(formKey: Buffer): Buffer {
  return createHash('sha256').update('iam/challenge-binding/v1\0').update(formKey).digest()
}
