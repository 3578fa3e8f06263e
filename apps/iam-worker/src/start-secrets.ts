import { loadSecretKeys, type SecretRings } from '@iam/domain/secret-key'
import { keyWrapping, openKms } from '@iam/platform/kms'
import { every, type Closer } from '@iam/platform/lifecycle'
import type { WorkerContext } from './context.ts'

/** Well within the time that a new version is announced before it is used. */
const interval = 5_000

/** How the secrets fare. */
export interface SecretsStatus {
  /** When all of them were loaded last, or loading began; milliseconds that only ever go on. */
  loadedAt: number
}

/** Starts loading the secrets, for the roles that need some: look at `isComplete` before using any. */
export async function startSecrets(
  context: WorkerContext,
  secrets: SecretRings,
  closers: Closer[],
): Promise<SecretsStatus> {
  const { config, db, log } = context
  const { deployment } = config
  const kms = await openKms({ endpoint: config.kms.endpoint })
  context.metrics.follow(kms)
  closers.push({ name: 'kms of the secrets', close: () => kms.close() })
  const wrapping = keyWrapping(kms, config.kms.secretWrapKey)
  const status: SecretsStatus = { loadedAt: performance.now() }
  const load = async (): Promise<void> => {
    const leftOut = await loadSecretKeys({ db, wrapping, deployment, secrets })
    for (const secret of leftOut) log.error(secret, 'A secret is not used: it was not wrapped for this')
    if (leftOut.length === 0) status.loadedAt = performance.now()
  }
  const loading = every(interval, load, (err) => log.warn({ err }, 'The secrets could not be loaded'))
  loading.nudge()
  closers.push({ name: 'secrets', close: () => loading.stop() })
  return status
}
