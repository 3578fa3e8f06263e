import {
  compromiseSigningKey,
  listSigningKeys,
  rotateSigningKey,
  signingKeyPolicy,
  type Compromise,
  type Rotation,
} from '@iam/domain/signing-key'
import type { SigningAlg } from '@iam/domain/key-set'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'
import { systemTenant } from './system-tenant.ts'

/** A signing key as operators are told of it. */
export interface ListedKey {
  readonly kid: string
  readonly purpose: string
  readonly alg: string
  readonly state: string
  /** Where its private half is: `wrapped`, or `kms`. */
  readonly custody: string
  readonly publishedAt: Date | null
  readonly activateAt: Date | null
  readonly signUntil: Date
  readonly verifyUntil: Date
}

/** The keys that may still sign or verify, oldest first. */
export async function keysList({ db }: OperatorDeps): Promise<ListedKey[]> {
  const { keys } = await listSigningKeys(db.kysely)
  return keys.map(
    ({ kid, purpose, alg, state, custody, publishedAt, activateAt, signUntil, verifyUntil }) => {
      return { kid, purpose, alg, state, custody, publishedAt, activateAt, signUntil, verifyUntil }
    },
  )
}

/** Lets the standby of a line, the usual one when nothing is said, sign before its turn. @throws Refusal with the computation, while a verifier may not know it. */
export async function keysRotate(
  deps: OperatorDeps,
  config: Config,
  { alg, ...options }: { alg?: SigningAlg; dryRun?: boolean },
): Promise<Rotation> {
  return rotateSigningKey(
    { ...deps, systemTenantId: await systemTenant(deps), policy: signingKeyPolicy(config.signingKeys) },
    { alg: alg ?? config.signingAlgs[0] ?? 'ES256', ...options },
  )
}

/** Gives a signing key up, at once and for good. */
export async function keysCompromise(
  deps: OperatorDeps,
  config: Config,
  options: { kid: string; dryRun?: boolean },
): Promise<Compromise> {
  return compromiseSigningKey(
    {
      ...deps,
      systemTenantId: await systemTenant(deps),
      settings: config.signingKeys,
      keyVersions: deps.kms.versions,
    },
    options,
  )
}
