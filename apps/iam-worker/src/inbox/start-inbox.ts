import { setTimeout as sleep } from 'node:timers/promises'
import { inboxSubscriptions } from '@iam/domain/inbox'
import type { SecretRings } from '@iam/domain/secret-key'
import type { Closer } from '@iam/platform/lifecycle'
import { openPublisher, openSubscriber } from '@iam/platform/pubsub'
import type { WorkerContext } from '../context.ts'
import { takeIn } from './take-in.ts'

/** Before a message that could not be taken in is given back: the broker would bring it again at once. */
const pause = 1_000

/** Starts taking in what other services tell. @param secrets loaded elsewhere; until they are, erasures wait. */
export async function startInbox(
  { config, db, clock, log, tracing }: WorkerContext,
  secrets: SecretRings,
  closers: Closer[],
): Promise<void> {
  const pubsub = { projectId: config.deployment.project, endpoint: config.pubsubEndpoint }
  const publisher = await openPublisher(pubsub)
  closers.push({ name: 'publisher of the inbox', close: () => publisher.close() })
  const subscriber = await openSubscriber(pubsub)
  closers.push({ name: 'subscriber', close: () => subscriber.close() })
  const { region } = config.deployment
  const deps = {
    db,
    clock,
    secrets,
    region,
    audience: config.audience,
    namespace: config.eventNamespace,
    publisher,
    tracing,
    log,
  }
  const onError = (err: unknown) => log.warn({ err }, 'A message could not be taken in')
  const sources = inboxSubscriptions(config.eventNamespace, region)
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
    closers.push({ name: `inbox of ${topic}`, close: () => listening.stop() })
  }
  log.info({ topics: sources.length }, 'Taking events in')
}
