import type { Content, Message } from './message.ts'
import type { Subscription } from './subscription.ts'

/** Publishes a message that failed too often to the subscription's dead-letter topic, with the attributes
 *  the real service adds. False, and nothing is done, while there are attempts left, no policy, or no such
 *  topic. */
export function divertToDeadLetterTopic(
  pubSub: {
    topics: { has(name: string): boolean }
    publish(topic: string, contents: readonly Content[]): void
  },
  { name, deadLetterPolicy }: Subscription,
  { message, failures }: { message: Message; failures: number },
): boolean {
  if (deadLetterPolicy === null || failures < deadLetterPolicy.maxDeliveryAttempts) return false
  if (!pubSub.topics.has(deadLetterPolicy.deadLetterTopic)) return false
  const [, project, , subscription] = name.split('/')
  const source = {
    CloudPubSubDeadLetterSourceDeliveryCount: String(failures),
    CloudPubSubDeadLetterSourceSubscription: String(subscription),
    CloudPubSubDeadLetterSourceSubscriptionProject: String(project),
    CloudPubSubDeadLetterSourceTopicPublishTime: new Date(
      Number(message.publishTime.seconds) * 1000,
    ).toISOString(),
  }
  pubSub.publish(deadLetterPolicy.deadLetterTopic, [
    { ...message, attributes: { ...message.attributes, ...source } },
  ])
  return true
}
