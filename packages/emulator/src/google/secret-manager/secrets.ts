import { alreadyExists, invalidArgument } from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import { type Secret, type SecretStore, requireId, requireSecret, requireShape } from './secret-store.ts'

type CreateSecretRequest = {
  parent: string
  secretId: string
  secret: { replication: object | null; labels: Record<string, string> } | null
}

/** Makes a secret without a version. Refuses a bad id, one that is taken, and one without a replication policy. */
export function createSecret(store: SecretStore, { parent, secretId, secret }: CreateSecretRequest): object {
  requireShape('project', parent)
  requireId(secretId)
  if (!secret?.replication) throw invalidArgument('secret.replication must be provided.')
  const name = `${parent}/secrets/${secretId}`
  if (store.secrets.has(name)) throw alreadyExists(name)
  const made = { name, createTime: timestampNow(), labels: secret.labels, versionCount: 0 }
  store.secrets.set(name, made)
  return describe(made)
}

/** What is known of a secret. Refuses a name there is none of. */
export function getSecret(store: SecretStore, { name }: { name: string }): object {
  return describe(requireSecret(store, name))
}

function describe({ name, createTime, labels }: Secret): object {
  return { name, createTime, labels, replication: { automatic: {} } }
}
