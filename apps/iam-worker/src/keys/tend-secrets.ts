import {
  loadSecretKeys,
  tendSecretKeys,
  unwrapsNow,
  type SecretKeyPolicy,
  type SecretRings,
} from '@iam/domain/secret-key'
import { secretUses } from '@iam/domain/secret-use'
import { rewrapUserKeys } from '@iam/domain/user'
import type { Logger } from '@iam/platform/logging'

/** At most so many batches a round, so that the lease does not run out under it. */
const batches = 10

type TendSecrets = Omit<Parameters<typeof tendSecretKeys>[0], keyof SecretKeyPolicy | 'uses'> & {
  readonly secrets: SecretRings
  readonly log: Pick<Logger, 'info' | 'error'>
}

/**
 * One round of the secrets' work: versions made, retired and destroyed, then people's keys sealed anew that an older
 * version of the data key seals. @returns whether instances should look at the secrets again.
 */
export async function tendSecrets(deps: TendSecrets, policy: SecretKeyPolicy): Promise<boolean> {
  const taken = await tendSecretKeys({ ...deps, ...policy, uses: secretUses })
  await loadSecretKeys(deps)
  const isReady = (version: number) => unwrapsNow(deps, { purpose: 'data', version })
  const { done, unreadable } = await rewrapUserKeys({ ...deps, isReady }, { batches })
  if (done > 0) deps.log.info({ people: done }, 'Keys of people were sealed anew')
  if (unreadable.length > 0)
    deps.log.error({ user_ids: unreadable }, 'Keys of people do not open: they keep their data key')
  return taken.length > 0
}
