import type { Publisher } from './publisher.ts'

export interface PublisherOptions {
  readonly projectId: string
  /** `host:port` of an emulator, spoken to in plaintext and without credentials; Cloud Pub/Sub when
   *  absent. */
  readonly endpoint?: string | undefined
  /** Milliseconds for each request. */
  readonly timeoutMs?: number
}

/** Opens Pub/Sub for publishing. Rejects when the process has no identity to publish with. */
export async function openPublisher({
  projectId,
  endpoint,
  timeoutMs = 10_000,
}: PublisherOptions): Promise<Publisher> {
  // The client takes half a second and sixty megabytes to load: only who publishes pays for it.
  const { CloudPublisher, openClient } = await import('./cloud-publisher.ts')
  return new CloudPublisher(await openClient(projectId, endpoint), projectId, timeoutMs)
}
