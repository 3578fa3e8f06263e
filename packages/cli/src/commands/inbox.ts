import { inboxDeadLetterSubscription, inboxTopicOf } from '@iam/domain/inbox'
import { openHeldMessages, openPublisher, type HeldMessage, type HeldMessages } from '@iam/platform/pubsub'
import type { Config } from '../config.ts'
import type { Progress } from '../progress.ts'

type InboxConfig = Pick<Config, 'deployment' | 'pubsub'>

/** A message that could not be taken in. What it says is not shown: it may be about people. */
export interface PutAside {
  readonly id: string
  readonly subject: string
  readonly orderingKey: string
  readonly reason: string
  readonly since: Date
  /** Where it came in; undefined when that cannot be told, and it cannot be replayed. */
  readonly topic: string | undefined
}

/** The messages of other services that were put aside, oldest first. They stay where they are. */
export async function inboxInspect(config: InboxConfig): Promise<PutAside[]> {
  return held(config, async (messages) => (await messages.take()).map((one) => describe(config, one)))
}

export interface InboxReplay {
  readonly replayed: number
  /** Of a subject that we do not take in, so that nobody knows where they came from. */
  readonly left: number
}

interface ReplayOptions {
  /** One message; all when undefined. */
  readonly id: string | undefined
  readonly dryRun?: boolean
}

/**
 * Publishes messages again to where they came from, oldest first. One that cannot be taken still is put aside
 * again. Cut off in between, some come twice, which has no effect.
 */
export async function inboxReplay(
  config: InboxConfig,
  { id, dryRun = false }: ReplayOptions,
  progress: Pick<Progress, 'step'>,
): Promise<InboxReplay> {
  return held(config, async (messages) => {
    const taken = await messages.take()
    const meant = taken.filter((one) => (id ?? one.id) === one.id)
    if (id !== undefined && meant.length === 0) throw new Error(`No message ${id} was put aside.`)
    const known = meant.filter((one) => describe(config, one).topic !== undefined)
    if (!dryRun) await publishAgain(config, messages, known, progress)
    return { replayed: known.length, left: meant.length - known.length }
  })
}

async function publishAgain(
  config: InboxConfig,
  messages: HeldMessages,
  known: readonly HeldMessage[],
  progress: Pick<Progress, 'step'>,
): Promise<void> {
  const publisher = await openPublisher(broker(config))
  try {
    for (const [n, { id, data, attributes }] of known.entries()) {
      const { reason: _, ...original } = attributes
      const topic = inboxTopicOf(config.pubsub.namespace, attributes['subject'] ?? '') ?? ''
      // Without its key: what was told later and waits for this one would be before it under the key. Order is not
      // needed to take events in.
      await publisher.publish(topic, [{ data, orderingKey: '', attributes: original }])
      await messages.settle([id])
      progress.step('messages', n + 1, known.length)
    }
  } finally {
    await publisher.close()
  }
}

function describe(
  { pubsub }: InboxConfig,
  { id, attributes, orderingKey, publishedAt }: HeldMessage,
): PutAside {
  const subject = attributes['subject'] ?? ''
  const reason = attributes['reason'] ?? ''
  return {
    id,
    subject,
    orderingKey,
    reason,
    since: publishedAt,
    topic: inboxTopicOf(pubsub.namespace, subject),
  }
}

async function held<T>(config: InboxConfig, work: (messages: HeldMessages) => Promise<T>): Promise<T> {
  const { subscription } = inboxDeadLetterSubscription(config.pubsub.namespace)
  const messages = await openHeldMessages(broker(config), subscription)
  try {
    return await work(messages)
  } finally {
    await messages.close()
  }
}

function broker({ deployment, pubsub }: InboxConfig) {
  return { projectId: deployment.project, endpoint: pubsub.endpoint }
}
