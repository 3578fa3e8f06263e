import { page } from '../rpc/page.ts'
import { alreadyExists, notFound } from '../rpc/status-error.ts'
import { namesIn, requireName } from './names.ts'
import type { PubSub } from './pub-sub.ts'
import { readSubscription, type Subscription, type SubscriptionRequest } from './subscription.ts'

/** Refuses a name that is taken and a topic that does not exist. It receives what is published from now
 *  on. */
export function createSubscription(pubSub: PubSub, request: SubscriptionRequest): object {
  requireName('subscriptions', request.name)
  const subscription = readSubscription(request)
  if (pubSub.subscription(request.name) !== undefined) throw alreadyExists(request.name)
  if (!pubSub.topics.has(request.topic)) throw notFound(request.topic)
  pubSub.addSubscription(subscription)
  return describe(subscription)
}

/** What is known of a subscription. Refuses a name there is none of. */
export function getSubscription(pubSub: PubSub, { subscription: name }: { subscription: string }): object {
  const subscription = pubSub.subscription(name)
  if (subscription === undefined) throw notFound(name)
  return describe(subscription)
}

type ListSubscriptionsRequest = { project: string; pageSize: number; pageToken: string }

/** The subscriptions of a project in the order they were made, a page at a time. */
export function listSubscriptions(pubSub: PubSub, request: ListSubscriptionsRequest): object {
  const prefix = namesIn(request.project, 'subscriptions')
  const subscriptions = pubSub.subscriptions().filter(({ name }) => name.startsWith(prefix))
  const { items, nextPageToken } = page(subscriptions, request)
  return { subscriptions: items.map(describe), nextPageToken }
}

/** Its undelivered messages are gone with it. */
export function deleteSubscription(pubSub: PubSub, { subscription }: { subscription: string }): object {
  pubSub.removeSubscription(subscription)
  return {}
}

function describe(subscription: Subscription): object {
  return { ...subscription, state: 'ACTIVE' }
}
