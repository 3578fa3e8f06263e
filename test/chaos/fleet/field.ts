import { inboxDeadLetterSubscription, inboxSubscriptions } from '@iam/domain/inbox'
import { topics } from '@iam/domain/outbox'
import { startGoogleEmulator } from '@iam/emulator/google'
import { type IncomingMessage, type Listening, openPublisher, openSubscriber } from '@iam/platform/pubsub'
import { Nudge } from '@iam/platform/redis'
import type { Services } from '@iam/testkit/servers'
import { openWorld, testDeployment } from '@iam/testkit/world'
import { Arrivals } from './arrivals.ts'
import { Fleet } from './fleet.ts'

/** What subjects and topics begin with. */
export const namespace = 'chaos'
export const relayLeaseSeconds = 1

export type Field = Awaited<ReturnType<typeof openField>>

/** A database, a Pub/Sub that can be broken, a fleet of workers on both, and a consumer of what they publish. */
export async function openField(services: Services) {
  const world = await openWorld(services)
  const emulator = await startGoogleEmulator()
  const pubsub = { projectId: testDeployment.project, endpoint: emulator.endpoint }
  const publisher = await openPublisher(pubsub)
  const subscriber = await openSubscriber(pubsub)
  const listenings: Listening[] = []
  for (const topic of topics(namespace)) await publisher.ensureTopic(topic)
  for (const wanted of [
    ...inboxSubscriptions(namespace, testDeployment.region),
    inboxDeadLetterSubscription(namespace),
  ])
    await subscriber.ensureSubscription(wanted)
  const consume = async (topic: string, take: (message: IncomingMessage) => void): Promise<void> => {
    const wanted = { topic, subscription: `consumer-of-${topic}` }
    await subscriber.ensureSubscription(wanted)
    const handle = async (message: IncomingMessage) => take(message)
    listenings.push(subscriber.listen(wanted.subscription, handle, () => undefined))
  }
  const arrivals = new Arrivals()
  await consume(`${namespace}.iam.user.v1`, (message) => arrivals.take(message))
  const fleet = new Fleet({
    databaseUrl: world.database.urlFor('iam_worker'),
    redisUrl: services.redisUrl,
    pubsubEndpoint: emulator.endpoint,
    eventNamespace: namespace,
    deployment: testDeployment,
    relayLeaseSeconds,
    logLevel: 'fatal',
  })
  const nudge = new Nudge(world.redis.client, 'iam:outbox')
  return {
    world,
    /** As iam-api has it: who writes events tells the relay. */
    db: { ...world.db, eventsCommitted: () => nudge.send() },
    emulator,
    publisher,
    consume,
    arrivals,
    fleet,
    close: async () => {
      await fleet.end()
      for (const listening of listenings) await listening.stop()
      await subscriber.close()
      await publisher.close()
      await emulator.stop()
      await world.close()
    },
  }
}
