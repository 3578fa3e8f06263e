import { page } from '../rpc/page.ts'
import { alreadyExists, notFound } from '../rpc/status-error.ts'
import { namesIn, requireName } from './names.ts'
import type { PubSub, Topic } from './pub-sub.ts'

/** Refuses a name that is taken. */
export function createTopic(pubSub: PubSub, { name, labels }: Topic): Topic {
  requireName('topics', name)
  if (pubSub.topics.has(name)) throw alreadyExists(name)
  const topic = { name, labels }
  pubSub.topics.set(name, topic)
  return topic
}

/** What is known of a topic. Refuses a name there is none of. */
export function getTopic(pubSub: PubSub, { topic: name }: { topic: string }): Topic {
  const topic = pubSub.topics.get(name)
  if (topic === undefined) throw notFound(name)
  return topic
}

type ListTopicsRequest = { project: string; pageSize: number; pageToken: string }

/** The topics of a project in the order they were made, a page at a time. */
export function listTopics(pubSub: PubSub, request: ListTopicsRequest): object {
  const prefix = namesIn(request.project, 'topics')
  const topics = [...pubSub.topics.values()].filter(({ name }) => name.startsWith(prefix))
  const { items, nextPageToken } = page(topics, request)
  return { topics: items, nextPageToken }
}

/** Its subscriptions keep what they have. */
export function deleteTopic(pubSub: PubSub, { topic }: { topic: string }): object {
  getTopic(pubSub, { topic })
  pubSub.removeTopic(topic)
  return {}
}
