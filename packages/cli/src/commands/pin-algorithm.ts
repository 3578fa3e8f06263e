import { pinTokenAlgorithm, type PinTokenAlgorithm } from '@iam/domain/client'
import type { SigningAlg } from '@iam/domain/key-set'
import { findDirectoryEntry } from '@iam/domain/tenant'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

export interface Pinned {
  readonly tenant: string
  readonly of: PinTokenAlgorithm['of']
  /** Null for what is usual in the deployment. */
  readonly alg: SigningAlg | null
}

/** Pins the access tokens of a client, or for an audience, to an algorithm. @throws Refusal as `pinTokenAlgorithm`. */
export async function pinAlgorithm(
  deps: OperatorDeps,
  { signingAlgs }: Config,
  { tenant, of, alg }: { tenant: string; of: PinTokenAlgorithm['of']; alg: SigningAlg | 'none' },
): Promise<Pinned> {
  const found = await findDirectoryEntry(deps.db.kysely, tenant)
  if (found === undefined) throw new Error(`There is no tenant ${tenant}.`)
  await deps.loadSecrets()
  const pin = { of, alg: alg === 'none' ? null : alg }
  await pinTokenAlgorithm({ ...deps, signingAlgs }, { tenantId: found.tenantId, ...pin })
  return { tenant: found.slug, ...pin }
}
