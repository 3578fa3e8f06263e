import { createHash, createHmac } from 'node:crypto'
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

function derive(secrets: SecretRings, use: 'token' | 'webauthn', named: Named): Buffer | undefined {
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
