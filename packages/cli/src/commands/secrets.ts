import {
  describeSecretKeys,
  destroySecretKeys,
  isSecretPurpose,
  rotateSecretKey,
  secretPurposes,
  type DescribedSecret,
  type SecretPurpose,
  type SecretRotated,
} from '@iam/domain/secret-key'
import { countSecretUses, type CountedUse } from '@iam/domain/secret-use'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'
import { systemTenant } from './system-tenant.ts'

/** A version of a secret, with the rows that need it. */
export interface ListedSecret extends DescribedSecret {
  readonly neededBy: readonly Pick<CountedUse, 'what' | 'rows'>[]
}

/** Every version of every secret, and what needs it. Counting takes as long as reading two indexes. */
export async function secretsList({ db }: OperatorDeps, config: Config): Promise<ListedSecret[]> {
  const uses = await countSecretUses(db)
  const secrets = await describeSecretKeys({ db }, config.secretRotation)
  return secrets.map((secret) => {
    const mine = uses.filter(
      ({ purpose, version }) => purpose === secret.purpose && version === secret.version,
    )
    return { ...secret, neededBy: mine.map(({ what, rows }) => ({ what, rows })) }
  })
}

/**
 * Makes the next version of a secret before its time.
 * @throws Refusal `wrong_state` while the next one waits already. @throws for a name that no secret has.
 */
export async function secretsRotate(
  deps: OperatorDeps,
  config: Config,
  { purpose: name, ...options }: OneSecret,
): Promise<SecretRotated> {
  const purpose = requirePurpose(name)
  const common = { ...deps, deployment: config.deployment, lead: config.signingKeys.announce }
  const rotating = { ...common, systemTenantId: await systemTenant(deps) }
  return rotateSecretKey(rotating, { purpose, ...options })
}

/** Versions of a secret that are destroyed, or would be. */
export interface SecretsDestroyed {
  readonly purpose: SecretPurpose
  readonly versions: readonly number[]
}

/**
 * Destroys the old versions of a secret before their time.
 * @throws Refusal `wrong_state` where none is old, or rows need one. @throws for a name that no secret has.
 */
export async function secretsDestroy(
  deps: OperatorDeps,
  { purpose: name, ...options }: OneSecret,
): Promise<SecretsDestroyed> {
  const purpose = requirePurpose(name)
  const destroying = { ...deps, systemTenantId: await systemTenant(deps) }
  return { purpose, versions: await destroySecretKeys(destroying, { purpose, ...options }) }
}

interface OneSecret {
  readonly purpose: string
  readonly dryRun?: boolean
}

function requirePurpose(name: string): SecretPurpose {
  if (isSecretPurpose(name)) return name
  throw new Error(`There is no secret ${name}, but ${Object.keys(secretPurposes).join(', ')}.`)
}
