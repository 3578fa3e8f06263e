import type { SubscriberClient } from '@google-cloud/pubsub-api/build/src/v1/subscriber_client.js'
import type { PublisherOptions } from './open-publisher.ts'
import type { IncomingMessage } from './subscriber.ts'

/** A message that was looked at and not settled yet. */
export interface HeldMessage extends IncomingMessage {
  readonly id: string
  readonly publishedAt: Date
}

/** What waits in one subscription, to be looked at before it is decided upon. */
export interface HeldMessages {
  /** Everything that can be had now, oldest first; of one ordering key perhaps only the first ones. */
  take(): Promise<HeldMessage[]>
  /** Done with these. */
  settle(ids: readonly string[]): Promise<void>
  /** Gives back whatever was taken and not settled, and ends. */
  close(): Promise<void>
}

/** Milliseconds to wait for a message where perhaps none is. */
const patience = 3_000
const deadlineExceeded = 4
const most = 1_000

/** Opens a subscription for looking at what waits there. */
export async function openHeldMessages(
  { projectId, endpoint }: Pick<PublisherOptions, 'projectId' | 'endpoint'>,
  subscription: string,
): Promise<HeldMessages> {
  const { openSubscriberClient } = await import('./subscriber-client.ts')
  const client = await openSubscriberClient({ projectId, endpoint })
  return new CloudHeldMessages(client, `projects/${projectId}/subscriptions/${subscription}`)
}

class CloudHeldMessages implements HeldMessages {
  readonly #client: SubscriberClient
  readonly #subscription: string
  /** How each message is answered for, by its id. */
  readonly #held = new Map<string, string>()

  constructor(client: SubscriberClient, subscription: string) {
    this.#client = client
    this.#subscription = subscription
  }

  async take(): Promise<HeldMessage[]> {
    const taken = new Map<string, HeldMessage>()
    for (;;) {
      const batch = await this.#pull()
      if (batch.length === 0) break
      for (const { ackId, ...message } of batch) {
        this.#held.set(message.id, ackId)
        taken.set(message.id, message)
      }
    }
    return [...taken.values()].toSorted((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime())
  }

  async settle(ids: readonly string[]): Promise<void> {
    const ackIds = ids.flatMap((id) => this.#held.get(id) ?? [])
    if (ackIds.length === 0) return
    await this.#client.acknowledge({ subscription: this.#subscription, ackIds })
    for (const id of ids) this.#held.delete(id)
  }

  async close(): Promise<void> {
    const ackIds = [...this.#held.values()]
    if (ackIds.length > 0) {
      const request = { subscription: this.#subscription, ackIds, ackDeadlineSeconds: 0 }
      await this.#client.modifyAckDeadline(request)
    }
    await this.#client.close()
  }

  async #pull() {
    const request = { subscription: this.#subscription, maxMessages: most }
    const answer = await this.#client
      .pull(request, { timeout: patience, retry: null })
      .catch((error: { code?: unknown }) => {
        if (error.code === deadlineExceeded) return [{ receivedMessages: [] }] as const
        throw error
      })
    return (answer[0].receivedMessages ?? []).map(({ ackId, message }) => ({
      ackId: ackId ?? '',
      id: message?.messageId ?? '',
      publishedAt: new Date(Number(message?.publishTime?.seconds ?? 0) * 1_000),
      orderingKey: message?.orderingKey ?? '',
      data: Buffer.from(message?.data ?? ''),
      attributes: message?.attributes ?? {},
    }))
  }
}
