import { lengthPrefixed, type Deployment } from '../secret-key/index.ts'
import type { SigningKeyRow } from './queries.ts'

/**
 * What a wrapped private key is bound to. Rebuilt from configuration and from what the endorsement confirmed,
 * never taken from the row alone, so that a row moved to another key, purpose or deployment does not unwrap.
 */
export function signingKeyAad(
  deployment: Deployment,
  key: Pick<SigningKeyRow, 'scope' | 'id' | 'kid' | 'alg' | 'purpose'>,
): Buffer {
  const { env, project, region, issuer } = deployment
  return lengthPrefixed([
    'iam-wrap/v1',
    env,
    project,
    region,
    issuer,
    key.scope,
    key.id,
    key.kid,
    key.alg,
    key.purpose,
  ])
}
