import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { crc32c } from '@node-rs/crc32'
import { requireSecretName, type Secrets } from './secrets.ts'

export interface CloudSecretsOptions {
  readonly projectId: string
  /** `host:port` of an emulator, spoken to in plaintext and without credentials; Secret Manager when absent. */
  readonly endpoint?: string | undefined
}

const deadline = 5_000
const notFound = 5
const failedPrecondition = 9

/** Secret Manager through the official client, which takes long to load: only who reads a secret pays for it. */
export async function openCloudSecrets({ projectId, endpoint }: CloudSecretsOptions): Promise<Secrets> {
  const { SecretManagerServiceClient: Client, emulated } = await import('./secret-manager-client.ts')
  const client = new Client({ projectId, ...(endpoint === undefined ? {} : emulated(endpoint)) })
  return new CloudSecrets(client, projectId)
}

class CloudSecrets implements Secrets {
  readonly #client: SecretManagerServiceClient
  readonly #projectId: string

  constructor(client: SecretManagerServiceClient, projectId: string) {
    this.#client = client
    this.#projectId = projectId
  }

  async read(name: string): Promise<string | undefined> {
    requireSecretName(name)
    const version = `projects/${this.#projectId}/secrets/${name}/versions/latest`
    const answer = await this.#client
      .accessSecretVersion({ name: version }, { timeout: deadline })
      .catch((error: { code?: unknown }) => {
        if (error.code === notFound || error.code === failedPrecondition) return undefined
        throw error
      })
    const payload = answer?.[0].payload
    if (payload === undefined || payload === null) return undefined
    const data = Buffer.from(payload.data ?? '')
    if (Number(payload.dataCrc32c) !== crc32c(data)) throw new Error(`The secret ${name} came damaged.`)
    return data.toString('utf8')
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}
