import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { v1 } from '@google-cloud/pubsub-api'
import { credentials } from '@grpc/grpc-js'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openPublisher, type OutgoingMessage, type Publisher } from './index.ts'
import { testPublisher } from './publisher.conformance.ts'

const project = 'projects/local'

function connect({ port }: GoogleEmulator): v1.SubscriberClient {
  return new v1.SubscriberClient({
    apiEndpoint: '127.0.0.1',
    port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  })
}

async function subscribeTo(subscriber: v1.SubscriberClient, topic: string): Promise<void> {
  const name = `${project}/subscriptions/${topic}`
  await subscriber.createSubscription({
    name,
    topic: `${project}/topics/${topic}`,
    enableMessageOrdering: true,
  })
}

async function receiveAll(subscriber: v1.SubscriberClient, topic: string): Promise<OutgoingMessage[]> {
  const subscription = `${project}/subscriptions/${topic}`
  const all: OutgoingMessage[] = []
  for (;;) {
    const [{ receivedMessages }] = await subscriber.pull({
      subscription,
      maxMessages: 1000,
      returnImmediately: true,
    })
    if (!receivedMessages?.length) return all
    for (const { message } of receivedMessages) {
      const { orderingKey, data, attributes } = message ?? {}
      all.push({
        orderingKey: orderingKey ?? '',
        data: Buffer.from(data as Uint8Array),
        attributes: attributes ?? {},
      })
    }
    await subscriber.acknowledge({ subscription, ackIds: receivedMessages.map(({ ackId }) => ackId ?? '') })
  }
}

describe('Cloud Pub/Sub', () => {
  testPublisher(async () => {
    const emulator = await startGoogleEmulator()
    const subscriber = connect(emulator)
    const publisher = await openPublisher({ projectId: 'local', endpoint: emulator.endpoint })
    return {
      publisher,
      subscribe: (topic) => subscribeTo(subscriber, topic),
      receive: (topic) => receiveAll(subscriber, topic),
      close: async () => {
        await publisher.close()
        await subscriber.close()
        await emulator.stop()
      },
    }
  })
})

describe('in trouble', () => {
  let emulator: GoogleEmulator
  let subscriber: v1.SubscriberClient
  let publisher: Publisher
  let topic: string
  let topics = 0

  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    subscriber = connect(emulator)
    publisher = await openPublisher({ projectId: 'local', endpoint: emulator.endpoint, timeoutMs: 60_000 })
  })

  beforeEach(async () => {
    topics += 1
    topic = `trouble-${topics}`
    await publisher.ensureTopic(topic)
    await subscribeTo(subscriber, topic)
  })

  afterEach(() => emulator.faults.clear())

  afterAll(async () => {
    await publisher.close()
    await subscriber.close()
    await emulator.stop()
  })

  function messages(key: string, count: number): OutgoingMessage[] {
    return Array.from({ length: count }, (_, n) => ({
      orderingKey: key,
      data: Buffer.from(String(n)),
      attributes: {},
    }))
  }

  async function requestsDuring(work: () => Promise<unknown>): Promise<number> {
    const before = emulator.calls.of('Publisher', 'Publish')
    await work().catch(() => undefined)
    return emulator.calls.of('Publisher', 'Publish') - before
  }

  test('makes one request for the messages of a key, and none for nothing', async () => {
    const [a, b] = [messages('a', 10), messages('b', 10)]
    expect(await requestsDuring(() => publisher.publish(topic, a))).toBe(1)
    const mixed = a.flatMap((message, n) => [message, ...b.slice(n, n + 1)])
    expect(await requestsDuring(() => publisher.publish(topic, mixed))).toBe(2)
    expect(await requestsDuring(() => publisher.publish(topic, []))).toBe(0)
  })

  test('says that an outage may pass, and does not try again by itself', async () => {
    emulator.faults.inject({ service: 'Publisher', method: 'Publish', code: 'UNAVAILABLE' })
    const failing = () => publisher.publish(topic, messages('a', 1))
    await expect(failing()).rejects.toMatchObject({
      retriable: true,
      failures: [{ orderingKey: 'a', code: 14 }],
    })
    expect(await requestsDuring(failing)).toBe(1)
  })

  test('fails when a request takes too long', async () => {
    emulator.faults.inject({ service: 'Publisher', method: 'Publish', latencyMs: 60_000, calls: 1 })
    const hasty = await openPublisher({ projectId: 'local', endpoint: emulator.endpoint, timeoutMs: 500 })
    const failing = hasty.publish(topic, messages('a', 1))
    await expect(failing).rejects.toMatchObject({ retriable: true, failures: [{ code: 4 }] })
    await hasty.close()
  })

  test('publishes nothing of a key after a request that failed', async () => {
    emulator.faults.inject({ service: 'Publisher', method: 'Publish', code: 'UNAVAILABLE', calls: 1 })
    const failing = publisher.publish(topic, messages('a', 2_500))
    await expect(failing).rejects.toMatchObject({ failures: [{ orderingKey: 'a' }] })
    expect(await receiveAll(subscriber, topic)).toEqual([])
  })

  test('is not retriable as soon as one key is not', async () => {
    emulator.faults.inject({ service: 'Publisher', method: 'Publish', code: 'UNAVAILABLE', calls: 1 })
    emulator.faults.inject({ service: 'Publisher', method: 'Publish', code: 'PERMISSION_DENIED', calls: 1 })
    const failing = publisher.publish(topic, [...messages('a', 1), ...messages('b', 1), ...messages('c', 1)])
    await expect(failing).rejects.toMatchObject({ retriable: false, failures: { length: 2 } })
    expect(await receiveAll(subscriber, topic)).toHaveLength(1)
  })

  test('publishes more bytes of a key than one request takes', async () => {
    const data = Buffer.alloc(3_000_000, 1)
    const large = Array.from({ length: 4 }, () => ({ orderingKey: 'a', data, attributes: {} }))
    await publisher.publish(topic, large)
    expect(await receiveAll(subscriber, topic)).toHaveLength(4)
  })
})

test('asks no metadata server who it is, when it speaks to an emulator', async () => {
  const asked: (string | undefined)[] = []
  const metadata = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve))
  const { port } = metadata.address() as AddressInfo
  const emulator = await startGoogleEmulator()
  // In a process of its own: the library asks once in a process and remembers.
  const program = `
    const { openPublisher } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)})
    const publisher = await openPublisher({ projectId: 'local', endpoint: '${emulator.endpoint}' })
    await publisher.ensureTopic('lonely')
    await publisher.close()`
  const env = { GCE_METADATA_HOST: `127.0.0.1:${port}` }
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env })
  expect(emulator.calls.of('Publisher', 'CreateTopic')).toBe(1)
  expect(asked).toEqual([])
  metadata.close()
  await emulator.stop()
})
