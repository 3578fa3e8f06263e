import { type Message, PubSub, type Subscription, type Topic } from '@google-cloud/pubsub'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../index.ts'

let emulator: GoogleEmulator
let pubSub: PubSub
const opened: Subscription[] = []
let names = 0

beforeAll(async () => {
  emulator = await startGoogleEmulator()
  pubSub = connect(emulator)
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((subscription) => subscription.close()))
})

afterAll(async () => {
  await pubSub.close()
  await emulator.stop()
})

function connect({ endpoint }: GoogleEmulator): PubSub {
  const clientOptions = { universeDomain: 'googleapis.com' } // else it asks the metadata server for it
  return new PubSub({ projectId: 'local', apiEndpoint: endpoint, emulatorMode: true, clientOptions })
}

function newName(): string {
  names += 1
  return `test-${names}`
}

async function newTopic(): Promise<Topic> {
  const [topic] = await pubSub.createTopic(newName())
  return pubSub.topic(topic.name, { messageOrdering: true, batching: { maxMilliseconds: 1 } })
}

/** A topic with one subscription, and what it received so far. `handle` says what to do with each message. */
async function receiving(handle: (message: Message) => void, options: object = {}) {
  const topic = await newTopic()
  const [{ name }] = await topic.createSubscription(newName(), { enableMessageOrdering: true, ...options })
  const received: string[] = []
  const subscription = pubSub.subscription(name, { streamingOptions: { maxStreams: 1 } })
  subscription.on('error', () => {})
  subscription.on('message', (message: Message) => {
    received.push(message.data.toString())
    handle(message)
  })
  opened.push(subscription)
  return { topic, received }
}

async function publishAll(topic: Topic, orderingKey: string, texts: string[]): Promise<void> {
  await Promise.all(texts.map((text) => topic.publishMessage({ orderingKey, data: Buffer.from(text) })))
}

test('creates, finds, lists and deletes topics and subscriptions', async () => {
  const topic = await newTopic()
  const [subscription] = await topic.createSubscription(newName(), { ackDeadlineSeconds: 30 })
  const [metadata] = await subscription.getMetadata()
  expect(metadata).toMatchObject({ topic: topic.name, ackDeadlineSeconds: 30, state: 'ACTIVE' })
  const [topics] = await pubSub.getTopics()
  expect(topics.map(({ name }) => name)).toContain(topic.name)
  const [subscriptions] = await pubSub.getSubscriptions()
  expect(subscriptions.map(({ name }) => name)).toContain(subscription.name)

  await topic.delete()
  await expect(topic.exists()).resolves.toEqual([false])
  expect((await subscription.getMetadata())[0].topic).toBe('_deleted-topic_')
  await subscription.delete()
  await expect(subscription.exists()).resolves.toEqual([false])
})

test('refuses what exists already, what is missing, bad names and bad deadlines', async () => {
  const topic = await newTopic()
  const [{ name }] = await topic.createSubscription(newName())
  const taken = { code: status.ALREADY_EXISTS }
  await expect(pubSub.createTopic(topic.name)).rejects.toMatchObject(taken)
  await expect(topic.createSubscription(name)).rejects.toMatchObject(taken)
  const missing = { code: status.NOT_FOUND }
  await expect(pubSub.createSubscription('missing', newName())).rejects.toMatchObject(missing)
  await expect(pubSub.topic('missing').publishMessage({ data: Buffer.from('x') })).rejects.toMatchObject(
    missing,
  )
  const invalid = { code: status.INVALID_ARGUMENT }
  for (const badName of ['ab', '1abc', 'google-topic', 'a b c']) {
    await expect(pubSub.createTopic(badName)).rejects.toMatchObject(invalid)
  }
  await expect(topic.createSubscription(newName(), { ackDeadlineSeconds: 5 })).rejects.toMatchObject(invalid)
})

test('says that it does not emulate what would change the delivery', async () => {
  const topic = await newTopic()
  for (const wish of [{ filter: 'attributes.a = "b"' }, { enableExactlyOnceDelivery: true }]) {
    await expect(topic.createSubscription(newName(), wish)).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    })
  }
  const push = topic.createSubscription(newName(), { pushEndpoint: 'https://example.test/' })
  await expect(push).rejects.toMatchObject({ code: status.UNIMPLEMENTED })
})

test('delivers data, attributes, id and time to every subscription of the topic', async () => {
  const topic = await newTopic()
  const messages: Message[] = []
  for (const id of [newName(), newName()]) {
    const [subscription] = await topic.createSubscription(id)
    subscription.on('error', () => {})
    subscription.on('message', (message: Message) => {
      messages.push(message)
      message.ack()
    })
    opened.push(subscription)
  }
  const id = await topic.publishMessage({
    data: Buffer.from('body'),
    attributes: { subject: 'user.created' },
  })
  await expect.poll(() => messages.length).toBe(2)
  for (const message of messages) {
    expect(message).toMatchObject({ id, attributes: { subject: 'user.created' }, deliveryAttempt: 0 })
    expect(message.data.toString()).toBe('body')
    expect(message.publishTime.getTime()).toBeGreaterThan(0)
  }
})

test('delivers the messages of a key in the order they were published', async () => {
  const { topic, received } = await receiving((message) => message.ack())
  const texts = Array.from({ length: 50 }, (_, index) => String(index))
  await publishAll(topic, 'key', texts)
  await expect.poll(() => received).toEqual(texts)
})

test('redelivers everything after a refused message of that key, and nothing of another', async () => {
  const held: Message[] = []
  const { topic, received } = await receiving((message) => {
    if (message.data.toString() === 'a2' && held.length === 0) held.push(message)
    else message.ack()
  })
  await publishAll(topic, 'a', ['a1', 'a2', 'a3', 'a4'])
  await publishAll(topic, 'b', ['b1', 'b2'])
  await expect.poll(() => received.length).toBe(6)
  // Everything is out and all but a2 acknowledged.
  held[0]?.nack()
  await expect.poll(() => received.slice(6)).toEqual(['a2', 'a3', 'a4'])
})

test('counts delivery attempts and moves a message that keeps failing to the dead-letter topic', async () => {
  const grave = await receiving((message) => message.ack(), { enableMessageOrdering: false })
  const attempts: number[] = []
  const letters: Message[] = []
  opened.at(-1)?.on('message', (message: Message) => letters.push(message))
  const { topic, received } = await receiving(
    (message) => {
      if (message.data.toString() !== 'poison') return message.ack()
      attempts.push(message.deliveryAttempt)
      message.nack()
    },
    { deadLetterPolicy: { deadLetterTopic: grave.topic.name, maxDeliveryAttempts: 5 } },
  )
  await publishAll(topic, 'key', ['poison', 'next'])
  await expect.poll(() => received.at(-1)).toBe('next')
  await expect.poll(() => grave.received).toEqual(['poison'])
  expect(attempts).toEqual([1, 2, 3, 4, 5])
  expect(letters[0]?.attributes['CloudPubSubDeadLetterSourceDeliveryCount']).toBe('5')
})

test('ends the stream when its subscription is deleted', async () => {
  const topic = await newTopic()
  const [{ name }] = await topic.createSubscription(newName())
  const subscription = pubSub.subscription(name)
  opened.push(subscription)
  const failed = new Promise((resolve) => subscription.on('error', resolve))
  subscription.on('message', () => {})
  await expect.poll(() => emulator.calls.of('Subscriber', 'StreamingPull')).toBeGreaterThan(0)
  await pubSub.subscription(name).delete()
  await expect(failed).resolves.toMatchObject({ code: status.NOT_FOUND })
})
