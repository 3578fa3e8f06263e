import type { OutgoingMessage } from './publisher.ts'

// One Publish request takes 1000 messages and 10 MB.
const maxMessages = 1000
const maxBytes = 9_000_000

/**
 * Cuts messages into requests: for each ordering key a list that is to be sent one after the other. Pub/Sub
 * refuses a request with two keys in it ("all messages must have no ordering key or they must all have the
 * same").
 */
export function batchesByKey(messages: readonly OutgoingMessage[]): Map<string, OutgoingMessage[][]> {
  const byKey = new Map<string, OutgoingMessage[][]>()
  for (const [key, ofKey] of Map.groupBy(messages, ({ orderingKey }) => orderingKey))
    byKey.set(key, cut(ofKey))
  return byKey
}

function cut(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = []
  let bytes = 0
  for (const message of messages) {
    const batch = batches.at(-1)
    const size = sizeOf(message)
    if (batch === undefined || batch.length === maxMessages || bytes + size > maxBytes) {
      batches.push([message])
      bytes = size
    } else {
      batch.push(message)
      bytes += size
    }
  }
  return batches
}

function sizeOf({ data, attributes, orderingKey }: OutgoingMessage): number {
  const texts = [orderingKey, ...Object.entries(attributes).flat()]
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), data.length)
}
