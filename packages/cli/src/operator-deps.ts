import { Admission } from '@iam/domain/admission'
import { keyingAudit } from '@iam/domain/audit'
import type { Database, Db } from '@iam/domain/db'
import { loadSecretKeys, SecretRings } from '@iam/domain/secret-key'
import { argon2Hasher } from '@iam/platform/argon2'
import { keyWrapping, openKms, type Kms } from '@iam/platform/kms'
import { openPostgres } from '@iam/platform/postgres'
import type { Config } from './config.ts'

const parameters = { memoryKib: 65_536, iterations: 3, lanes: 4 }
const unhurried = { concurrency: 1, waiting: 1, waitingPerTenant: 1, deadline: 60_000 }

export type OperatorDeps = Awaited<ReturnType<typeof openOperatorDeps>>

/** What the operator's commands work with: the owner's connection, KMS, and secrets as far as there are any. */
export async function openOperatorDeps(config: Config) {
  const secrets = new SecretRings()
  const { kysely, flights, close } = openPostgres<Database>({
    url: config.databaseUrl,
    poolSize: 4,
    beforeWriting: keyingAudit(secrets.of('audit')),
  })
  const kms: Kms = await openKms({ endpoint: config.kms.endpoint })
  const db: Db = { kysely, flights }
  const wrapping = keyWrapping(kms, config.kms.secretWrapKey)
  return {
    clock: () => new Date(),
    db,
    kms,
    wrapping,
    secrets,
    passwords: { hasher: argon2Hasher(parameters), admission: new Admission(unhurried) },
    loadSecrets: async (): Promise<void> => {
      await loadSecretKeys({ db, wrapping, deployment: config.deployment, secrets })
    },
    close: async () => {
      kms.close()
      await close()
    },
  }
}
