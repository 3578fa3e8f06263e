import { topics } from '@iam/domain/outbox'
import type { Closer } from '@iam/platform/lifecycle'
import { openPublisher } from '@iam/platform/pubsub'
import { onNudge } from '@iam/platform/redis'
import type { ContextFor } from '../context.ts'
import { OutboxRelay } from './relay.ts'

const producer = { name: 'iam-worker', version: '0.1.0' }

/** Starts relaying: leases, walkers, and the nudges that say when to look. */
export async function startRelay(
  context: ContextFor<'deployment' | 'pubsubEndpoint' | 'eventNamespace' | 'relayLeaseSeconds'>,
  closers: Closer[],
): Promise<OutboxRelay> {
  const { config, db, clock, log, redis, tracing, metrics } = context
  const publisher = await openPublisher({
    projectId: config.deployment.project,
    endpoint: config.pubsubEndpoint,
  })
  closers.push({ name: 'publisher', close: () => publisher.close() })
  const relay = new OutboxRelay(
    {
      db,
      clock,
      log,
      tracing,
      metrics,
      publisher,
      producer: { ...producer, namespace: config.eventNamespace },
    },
    { owner: context.owner, ttl: config.relayLeaseSeconds },
  )
  closers.push({ name: 'relay', close: () => relay.stop() })
  const nudges = onNudge(redis, 'iam:outbox', () => relay.nudge())
  closers.push({ name: 'nudges', close: () => nudges.close() })
  log.info({ topics: topics(config.eventNamespace).length }, 'Relaying events')
  return relay
}
