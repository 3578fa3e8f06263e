import {
  describeSecretKeys,
  isSecretPurpose,
  rotateSecretKey,
  secretPurposes,
  type DescribedSecret,
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
  { purpose, dryRun }: { readonly purpose: string; readonly dryRun?: boolean },
): Promise<SecretRotated> {
  if (!isSecretPurpose(purpose))
    throw new Error(`There is no secret ${purpose}, but ${Object.keys(secretPurposes).join(', ')}.`)
  const common = { ...deps, deployment: config.deployment, lead: config.signingKeys.announce }
  const rotating = { ...common, systemTenantId: await systemTenant(deps) }
  return rotateSecretKey(rotating, { purpose, ...(dryRun === undefined ? {} : { dryRun }) })
}
