import {
  compromiseSigningKey,
  listSigningKeys,
  rotateSigningKey,
  signingKeyPolicy,
  type Compromise,
  type Rotation,
} from '@iam/domain/signing-key'
import { findDirectoryEntry } from '@iam/domain/tenant'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

/** A signing key as operators are told of it. */
export interface ListedKey {
  readonly kid: string
  readonly alg: string
  readonly state: string
  readonly publishedAt: Date | null
  readonly activateAt: Date | null
  readonly signUntil: Date
  readonly verifyUntil: Date
}

/** The keys that may still sign or verify, oldest first. */
export async function keysList({ db }: OperatorDeps): Promise<ListedKey[]> {
  const { keys } = await listSigningKeys(db.kysely)
  return keys.map(({ kid, alg, state, publishedAt, activateAt, signUntil, verifyUntil }) => {
    return { kid, alg, state, publishedAt, activateAt, signUntil, verifyUntil }
  })
}

/** Lets the standby sign before its turn. @throws Refusal with the computation, while a verifier may not know it. */
export async function keysRotate(
  deps: OperatorDeps,
  config: Config,
  options: { dryRun?: boolean },
): Promise<Rotation> {
  return rotateSigningKey(
    { ...deps, systemTenantId: await systemTenant(deps), policy: signingKeyPolicy(config.signingKeys) },
    options,
  )
}

/** Gives a signing key up, at once and for good. */
export async function keysCompromise(
  deps: OperatorDeps,
  config: Config,
  options: { kid: string; dryRun?: boolean },
): Promise<Compromise> {
  return compromiseSigningKey(
    { ...deps, systemTenantId: await systemTenant(deps), settings: config.signingKeys },
    options,
  )
}

async function systemTenant({ db }: OperatorDeps) {
  const system = await findDirectoryEntry(db.kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet: run `iam bootstrap` first.')
  return system.tenantId
}
