import { setTimeout as sleep } from 'node:timers/promises'
import { inboxSubscriptions } from '@iam/domain/inbox'
import type { SecretRings } from '@iam/domain/secret-key'
import type { Closer } from '@iam/platform/lifecycle'
import { type Listening, openPublisher, openSubscriber } from '@iam/platform/pubsub'
import type { ContextFor } from '../context.ts'
import { takeIn } from './take-in.ts'

/** Before a message that could not be taken in is given back: the broker would bring it again at once. */
const pause = 1_000

/** How taking in fares. */
export interface InboxStatus {
  /** Seconds for which the broker has not let us listen, by topic; 0 where it does. */
  readonly downFor: () => ReadonlyMap<string, number>
  /** How many messages this process put aside. */
  readonly putAside: () => number
}

/** Starts taking in what other services tell. @param secrets loaded elsewhere; until they are, erasures wait. */
export async function startInbox(
  {
    config,
    db,
    clock,
    log,
    tracing,
    metrics,
  }: Omit<ContextFor<'deployment' | 'pubsubEndpoint' | 'eventNamespace' | 'audience'>, 'redis' | 'owner'>,
  secrets: SecretRings,
  closers: Closer[],
): Promise<InboxStatus> {
  const pubsub = { projectId: config.deployment.project, endpoint: config.pubsubEndpoint }
  const publisher = await openPublisher(pubsub)
  closers.push({ name: 'publisher of the inbox', close: () => publisher.close() })
  const subscriber = await openSubscriber(pubsub)
  closers.push({ name: 'subscriber', close: () => subscriber.close() })
  const { region } = config.deployment
  let putAside = 0
  const deps = {
    db,
    clock,
    secrets,
    region,
    audience: config.audience,
    namespace: config.eventNamespace,
    publisher,
    tracing,
    metrics,
    log,
    onPutAside: () => void (putAside += 1),
  }
  const onError = (err: unknown) => log.warn({ err }, 'A message could not be taken in')
  const sources = inboxSubscriptions(config.eventNamespace, region)
  const listenings = new Map<string, Listening>()
  for (const { topic, subscription } of sources) {
    const listening = subscriber.listen(
      subscription,
      async (message) => {
        try {
          if (!secrets.isComplete(clock())) throw new Error('The secrets are not loaded yet.')
          await takeIn(deps, message)
        } catch (error) {
          await sleep(pause)
          throw error
        }
      },
      onError,
    )
    listenings.set(topic, listening)
    closers.push({ name: `inbox of ${topic}`, close: () => listening.stop() })
  }
  log.info({ topics: sources.length }, 'Taking events in')
  return {
    downFor: () => new Map([...listenings].map(([topic, { downFor }]) => [topic, downFor()])),
    putAside: () => putAside,
  }
}
