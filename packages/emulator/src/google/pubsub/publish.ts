import { failedPrecondition, invalidArgument, notFound } from '../rpc/status-error.ts'
import type { PubsubMessage } from './message.ts'
import type { PubSub } from './pub-sub.ts'

type PublishRequest = { topic: string; messages: PubsubMessage[] }

const maxMessages = 1000
const maxRequestBytes = 10_000_000
const maxAttributes = 100

/** Takes the messages in order. Refuses a missing topic, more than one ordering key in a request, and what
 *  exceeds the limits of the real service. */
export function publish(pubSub: PubSub, { topic, messages }: PublishRequest): { messageIds: string[] } {
  if (!pubSub.topics.has(topic)) throw notFound(topic)
  if (messages.length === 0 || messages.length > maxMessages) {
    throw invalidArgument(`A request must have 1 to ${maxMessages} messages.`)
  }
  for (const message of messages) requireWithinLimits(message)
  const bytes = messages.reduce((sum, { data }) => sum + data.length, 0)
  if (bytes > maxRequestBytes) throw invalidArgument(`A request must be at most ${maxRequestBytes} bytes.`)
  if (new Set(messages.map(({ orderingKey }) => orderingKey)).size > 1) {
    throw failedPrecondition(
      'In a single publish request, all messages must have no ordering key or they must all have the same ordering key.',
    )
  }
  const contents = messages.map(({ data, attributes, orderingKey }) => ({
    data: data.toString('base64'),
    attributes,
    orderingKey,
  }))
  return { messageIds: pubSub.publish(topic, contents) }
}

function requireWithinLimits({ data, attributes, orderingKey }: PubsubMessage): void {
  const pairs = Object.entries(attributes)
  if (data.length === 0 && pairs.length === 0) throw invalidArgument('A message needs data or an attribute.')
  if (Buffer.byteLength(orderingKey) > 1024) throw invalidArgument('An ordering key has at most 1024 bytes.')
  if (pairs.length > maxAttributes)
    throw invalidArgument(`A message has at most ${maxAttributes} attributes.`)
  for (const [key, value] of pairs) {
    if (key === '' || key.startsWith('goog') || Buffer.byteLength(key) > 256) {
      throw invalidArgument('An attribute key has 1 to 256 bytes and does not start with goog.')
    }
    if (Buffer.byteLength(value) > 1024) throw invalidArgument('An attribute value has at most 1024 bytes.')
  }
}
