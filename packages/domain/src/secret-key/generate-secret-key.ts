import { randomBytes } from 'node:crypto'
import type { SecretPurpose } from './secret-purposes.ts'
import { lengthPrefixed, type Deployment, type KeyWrapping } from './wrapping.ts'

export interface NewSecretKey {
  readonly purpose: SecretPurpose
  readonly version: number
}

/** 32 fresh random bytes, wrapped; the plaintext is cleared before this returns. */
export async function generateSecretKey(
  deps: { wrapping: Pick<KeyWrapping, 'wrap'>; deployment: Deployment },
  key: NewSecretKey,
): Promise<Buffer> {
  const material = randomBytes(32)
  try {
    return await deps.wrapping.wrap(material, secretAad(deps.deployment, key))
  } finally {
    material.fill(0)
  }
}

/** What a wrapped secret is bound to: rebuilt from configuration, so that a row moved elsewhere does not unwrap. */
export function secretAad(deployment: Deployment, key: NewSecretKey): Buffer {
  const { env, project, region, issuer } = deployment
  return lengthPrefixed(['iam-secret/v1', env, project, region, issuer, key.purpose, String(key.version)])
}
