import type { StackState } from '@iam/local-stack/stack'
import { eventFaults } from '@iam/testkit/events'
import { PubSub, type Subscription } from '@google-cloud/pubsub'

export interface ReceivedEvent {
  readonly eventId: string
  readonly subject: string
  readonly orderingKey: string
  readonly sequence: number
  readonly payload: Record<string, unknown>
}

/**
 * A consumer of one topic as any other service has it: the real client, ordered, acknowledging everything. It holds
 * every message against the schema of its subject.
 */
export class EventLog {
  readonly events: ReceivedEvent[] = []
  readonly #attributes = new Map<string, Readonly<Record<string, string>>>()
  readonly #faults = new Set<string>()
  readonly #pubsub: PubSub
  readonly #subscription: Subscription

  constructor(pubsub: PubSub, subscription: Subscription) {
    this.#pubsub = pubsub
    this.#subscription = subscription
    subscription.on('message', (message) => {
      const event = JSON.parse(message.data.toString()) as ReceivedEvent
      this.events.push(event)
      this.#attributes.set(event.eventId, message.attributes)
      for (const fault of eventFaults(message)) this.#faults.add(fault)
      message.ack()
    })
    subscription.on('error', () => undefined)
  }

  /** What arrived of one aggregate, each event once, in the order of first arrival. */
  of(aggregateId: string): ReceivedEvent[] {
    const first = new Map<string, ReceivedEvent>()
    for (const event of this.events) {
      if (event.orderingKey.endsWith(`:${aggregateId}`) && !first.has(event.eventId))
        first.set(event.eventId, event)
    }
    return [...first.values()]
  }

  /** The subjects of what arrived of one aggregate, without their namespace and version. */
  subjectsOf(aggregateId: string): string[] {
    return this.of(aggregateId).map((event) => event.subject.split('.').slice(2, -1).join('.'))
  }

  /** What came with an event, besides it. */
  attributesOf(eventId: string): Readonly<Record<string, string>> {
    return this.#attributes.get(eventId) ?? {}
  }

  /** Stops listening. @throws when something that arrived is not as its schema says. */
  async close(): Promise<void> {
    await this.#subscription.close()
    await this.#pubsub.close()
    if (this.#faults.size > 0)
      throw new Error(`Events that no consumer expects:\n${[...this.#faults].join('\n')}`)
  }
}

/** Subscribes to an entity's events, from now on. */
export async function subscribe(state: Pick<StackState, 'pubsub'>, entity: string): Promise<EventLog> {
  const { endpoint, project } = state.pubsub
  const pubsub = new PubSub({ projectId: project, apiEndpoint: endpoint, emulatorMode: true })
  const name = `test-${entity}-${process.pid}-${performance.now().toString().replace('.', '-')}`
  const topic = pubsub.topic(`melmastoon.iam.${entity}.v1`)
  const [subscription] = await topic.createSubscription(name, { enableMessageOrdering: true })
  return new EventLog(pubsub, subscription)
}
