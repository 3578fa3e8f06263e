import type { Timestamp } from '../rpc/timestamp.ts'

/** A published message as it is stored. */
export type Message = {
  messageId: string
  /** Base64: rows are JSON. */
  data: string
  attributes: Record<string, string>
  orderingKey: string
  publishTime: Timestamp
}

/** What the publisher gives of a message. */
export type Content = Pick<Message, 'data' | 'attributes' | 'orderingKey'>

/** `google.pubsub.v1.PubsubMessage`. */
export type PubsubMessage = Omit<Message, 'data'> & { data: Buffer }

/** `google.pubsub.v1.ReceivedMessage`. */
export type ReceivedMessage = { ackId: string; message: PubsubMessage; deliveryAttempt: number }

/** A stored message as it is sent. */
export function toWire(message: Message): PubsubMessage {
  return { ...message, data: Buffer.from(message.data, 'base64') }
}

/** What a message counts against the byte limits of flow control. */
export function sizeOf({ data, attributes, orderingKey }: Message): number {
  const texts = Object.entries(attributes).flat()
  return (
    texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), Buffer.byteLength(orderingKey)) +
    Buffer.byteLength(data, 'base64')
  )
}
