import { SubscriberClient } from '@google-cloud/pubsub-api/build/src/v1/subscriber_client.js'
import { emulated } from './emulated.ts'
import type { PublisherOptions } from './open-publisher.ts'

/** Opens Google's own client for what Pub/Sub's other one does not do: asking for messages once. */
export async function openSubscriberClient({
  projectId,
  endpoint,
}: Pick<PublisherOptions, 'projectId' | 'endpoint'>): Promise<SubscriberClient> {
  const client = new SubscriberClient({ projectId, ...(endpoint === undefined ? {} : emulated(endpoint)) })
  await client.initialize()
  return client
}
