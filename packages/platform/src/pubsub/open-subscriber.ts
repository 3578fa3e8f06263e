import type { PublisherOptions } from './open-publisher.ts'
import type { Subscriber } from './subscriber.ts'

/** Opens Pub/Sub for taking messages in. It connects with the first subscription. */
export async function openSubscriber({
  projectId,
  endpoint,
}: Pick<PublisherOptions, 'projectId' | 'endpoint'>): Promise<Subscriber> {
  // The client takes half a second and sixty megabytes to load: only who listens pays for it.
  const { CloudSubscriber, openPubSub } = await import('./cloud-subscriber.ts')
  return new CloudSubscriber(openPubSub(projectId, endpoint))
}
