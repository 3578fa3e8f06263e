import { randomBytes } from 'node:crypto'
import type { SecretPurpose } from './secret-purposes.ts'
import { lengthPrefixed, type Deployment, type KeyWrapping } from './wrapping.ts'

export interface NewSecretKey {
  readonly purpose: SecretPurpose
  readonly version: number
}

/**
 * 32 fresh random bytes, wrapped; the plaintext is cleared before this returns.
 * @throws when what came back does not open again: nothing would ever be made with it.
 */
export async function generateSecretKey(
  deps: { wrapping: KeyWrapping; deployment: Deployment },
  key: NewSecretKey,
): Promise<Buffer> {
  const material = randomBytes(32)
  const aad = secretAad(deps.deployment, key)
  let opened: Buffer | undefined
  try {
    const wrapped = await deps.wrapping.wrap(material, aad)
    opened = await deps.wrapping.unwrap(wrapped, aad)
    if (opened?.equals(material) !== true)
      throw new Error(`A new ${key.purpose} key does not open again after it was wrapped.`)
    return wrapped
  } finally {
    material.fill(0)
    opened?.fill(0)
  }
}

/** What a wrapped secret is bound to: rebuilt from configuration, so that a row moved elsewhere does not unwrap. */
export function secretAad(deployment: Deployment, key: NewSecretKey): Buffer {
  const { env, project, region, issuer } = deployment
  return lengthPrefixed(['iam-secret/v1', env, project, region, issuer, key.purpose, String(key.version)])
}
