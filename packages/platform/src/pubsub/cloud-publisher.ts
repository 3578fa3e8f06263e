// This one file of the package: the package loads three clients, and the hand-written one twice as long.
import { PublisherClient } from '@google-cloud/pubsub-api/build/src/v1/publisher_client.js'
import { batchesByKey } from './batches.ts'
import { emulated } from './emulated.ts'
import { type KeyFailure, PublishError } from './publish-error.ts'
import type { OutgoingMessage, Publisher } from './publisher.ts'

const alreadyExists = 6
/** Requests at a time. A connection carries about a hundred streams; more would only queue. */
const concurrency = 50

/** Cloud Pub/Sub through the official generated client, without its own retries: who publishes from an outbox
 *  tries again by itself, and must know how long one attempt can take. */
export class CloudPublisher implements Publisher {
  readonly #client: PublisherClient
  readonly #project: string
  readonly #options: { timeout: number; retry: null }

  constructor(client: PublisherClient, projectId: string, timeoutMs: number) {
    this.#client = client
    this.#project = `projects/${projectId}`
    this.#options = { timeout: timeoutMs, retry: null }
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const name = this.#topicName(topic)
    const queue = batchesByKey(messages).entries()
    const failures: KeyFailure[] = []
    // The workers share one iterator: each takes the next key when it has finished its last.
    const workers = Array.from({ length: concurrency }, async () => {
      for (const [orderingKey, batches] of queue) {
        const failure = await this.#publishInOrder(name, batches)
        if (failure !== undefined) failures.push({ orderingKey, ...failure })
      }
    })
    await Promise.all(workers)
    if (failures.length > 0) throw new PublishError(topic, failures)
  }

  async ensureTopic(topic: string): Promise<void> {
    try {
      await this.#client.createTopic({ name: this.#topicName(topic) }, { ...this.#options })
    } catch (error) {
      const failure = describe(error)
      if (failure.code !== alreadyExists)
        throw new PublishError(topic, [{ orderingKey: '', ...failure }], { cause: error })
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** Stops at the first batch that fails, or what follows it would overtake it. */
  async #publishInOrder(
    topic: string,
    batches: OutgoingMessage[][],
  ): Promise<Omit<KeyFailure, 'orderingKey'> | undefined> {
    try {
      for (const messages of batches) await this.#client.publish({ topic, messages }, { ...this.#options })
      return undefined
    } catch (error) {
      return describe(error)
    }
  }

  #topicName(topic: string): string {
    return `${this.#project}/topics/${topic}`
  }
}

function describe(error: unknown): Omit<KeyFailure, 'orderingKey'> {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code !== 'number') throw error instanceof Error ? error : new Error(String(error))
  return { code, reason: String(message) }
}

/** Connects to `endpoint` in plaintext and without credentials, or to Cloud Pub/Sub as the process's own
 *  identity. */
export async function openClient(projectId: string, endpoint: string | undefined): Promise<PublisherClient> {
  const client = new PublisherClient({ projectId, ...(endpoint && emulated(endpoint)) })
  // Fails here rather than, unhandled, beside the first call.
  await client.initialize()
  return client
}
