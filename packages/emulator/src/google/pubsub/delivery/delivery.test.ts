import { once } from 'node:events'
import { v1 } from '@google-cloud/pubsub'
import { credentials, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../../index.ts'

// The library behind PubSub hides what these tests are about: it extends deadlines and batches by itself.
let emulator: GoogleEmulator
let publisher: v1.PublisherClient
let subscriber: v1.SubscriberClient
let topic: string
let subscription: string
let names = 0

beforeAll(async () => {
  emulator = await startGoogleEmulator()
  const options = {
    apiEndpoint: '127.0.0.1',
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  }
  publisher = new v1.PublisherClient(options)
  subscriber = new v1.SubscriberClient(options)
})

beforeEach(async () => {
  names += 1
  topic = `projects/local/topics/delivery-${names}`
  subscription = `projects/local/subscriptions/delivery-${names}`
  await publisher.createTopic({ name: topic })
  await subscriber.createSubscription({ name: subscription, topic, enableMessageOrdering: true })
})

afterAll(async () => {
  await publisher.close()
  await subscriber.close()
  await emulator.stop()
})

async function publish(texts: string[], orderingKey = ''): Promise<void> {
  await publisher.publish({
    topic,
    messages: texts.map((text) => ({ data: Buffer.from(text), orderingKey })),
  })
}

/** The texts that are there now, and their ack ids by text. */
async function pull(maxMessages = 100, options: object = {}) {
  const [{ receivedMessages }] = await subscriber.pull({ subscription, maxMessages, ...options })
  return readBatch(receivedMessages ?? [])
}

type Batch = { ackId?: string | null; message?: { data?: Uint8Array | string | null } | null }[]

function readBatch(batch: Batch) {
  const texts = batch.map(({ message }) => Buffer.from(message?.data as Uint8Array).toString())
  return { texts, ackIds: batch.map(({ ackId }) => ackId as string) }
}

async function pullNow(): Promise<string[]> {
  return (await pull(100, { returnImmediately: true })).texts
}

async function acknowledge(ackIds: string[]): Promise<void> {
  await subscriber.acknowledge({ subscription, ackIds })
}

async function setDeadline(ackIds: string[], ackDeadlineSeconds: number): Promise<void> {
  await subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds })
}

test('waits with a pull until there is a message', async () => {
  const waiting = pull()
  await expect.poll(() => emulator.calls.of('Subscriber', 'Pull')).toBeGreaterThan(0)
  await publish(['late'])
  expect((await waiting).texts).toEqual(['late'])
})

test('gives no more messages than a pull asks for', async () => {
  await publish(['1', '2', '3'])
  expect((await pull(2)).texts).toEqual(['1', '2'])
  expect((await pull(2)).texts).toEqual(['3'])
})

test('never gives an acknowledged message again', async () => {
  await publish(['1', '2'])
  const { ackIds } = await pull()
  await acknowledge(ackIds)
  await setDeadline(ackIds, 0)
  expect(await pullNow()).toEqual([])
})

test('gives a message again when its deadline passes', async () => {
  await publish(['slow'])
  const { ackIds } = await pull()
  expect(await pullNow()).toEqual([])
  await setDeadline(ackIds, 1)
  const again = await pull()
  expect(again.texts).toEqual(['slow'])
  await acknowledge(ackIds) // expired: it settles nothing
  await setDeadline(again.ackIds, 0)
  expect((await pull()).texts).toEqual(['slow'])
})

test('holds a key back while a batch of it is out, and other keys not', async () => {
  await publish(['a1', 'a2'], 'a')
  const first = await pull(1)
  expect(first.texts).toEqual(['a1'])
  await publish(['b1'], 'b')
  expect(await pullNow()).toEqual(['b1'])
  await acknowledge(first.ackIds)
  expect(await pullNow()).toEqual(['a2'])
})

test('gives acknowledged messages again when an earlier one of their key is refused', async () => {
  await publish(['a1', 'a2', 'a3'], 'a')
  const { ackIds } = await pull()
  await acknowledge(ackIds.slice(0, 1))
  await acknowledge(ackIds.slice(2))
  await setDeadline(ackIds.slice(1, 2), 0)
  const again = await pull()
  expect(again.texts).toEqual(['a2', 'a3'])
  await acknowledge(again.ackIds.slice(0, 1))
  await setDeadline(again.ackIds.slice(1), 0) // that it was acknowledged once counts no more
  expect(await pullNow()).toEqual(['a3'])
})

test('refuses requests that settle nothing or for too long', async () => {
  const invalid = { code: status.INVALID_ARGUMENT }
  await expect(acknowledge([])).rejects.toMatchObject(invalid)
  await expect(setDeadline(['x'], 601)).rejects.toMatchObject(invalid)
  await expect(pull(0)).rejects.toMatchObject(invalid)
  const missing = { subscription: 'projects/local/subscriptions/missing', ackIds: ['x'] }
  await expect(subscriber.acknowledge(missing)).rejects.toMatchObject({ code: status.NOT_FOUND })
})

test('refuses to publish two ordering keys in one request, an empty message and too many', async () => {
  const messages = [
    { data: Buffer.from('1'), orderingKey: 'a' },
    { data: Buffer.from('2'), orderingKey: 'b' },
  ]
  await expect(publisher.publish({ topic, messages })).rejects.toMatchObject({
    code: status.FAILED_PRECONDITION,
  })
  const invalid = { code: status.INVALID_ARGUMENT }
  await expect(publish([''])).rejects.toMatchObject(invalid)
  await expect(publish(Array.from({ length: 1001 }, () => 'x'))).rejects.toMatchObject(invalid)
  await expect(publish(['x'], 'k'.repeat(1025))).rejects.toMatchObject(invalid)
  expect(await pullNow()).toEqual([])
})

/** A raw stream, and the batches it received. */
function openStream(request: object) {
  const stream = subscriber.streamingPull()
  const batches: Batch[] = []
  stream.on('error', () => {})
  stream.on('data', ({ receivedMessages }: { receivedMessages: Batch }) => batches.push(receivedMessages))
  stream.write({ subscription, streamAckDeadlineSeconds: 10, ...request })
  const received = () => readBatch(batches.flat())
  return { stream, batches, received }
}

test('sends to a stream no more than its limit before something is settled', async () => {
  await publish(['1', '2', '3', '4', '5'])
  const { stream, received } = openStream({ maxOutstandingMessages: 3 })
  await expect.poll(() => received().texts).toEqual(['1', '2', '3'])
  stream.write({ ackIds: received().ackIds.slice(0, 1) })
  await expect.poll(() => received().texts).toEqual(['1', '2', '3', '4'])
  stream.write({ modifyDeadlineAckIds: received().ackIds.slice(3), modifyDeadlineSeconds: [0] })
  await expect.poll(() => received().texts).toEqual(['1', '2', '3', '4', '5'])
  stream.cancel()
})

test('sends to a stream no more than its limit of bytes, and at least one message', async () => {
  await publish(['a'.repeat(100), 'b'])
  const { stream, received } = openStream({ maxOutstandingBytes: 10 })
  await expect.poll(() => received().texts).toEqual(['a'.repeat(100)])
  stream.write({ ackIds: received().ackIds })
  await expect.poll(() => received().texts.at(-1)).toBe('b')
  stream.cancel()
})

test('sends to a stream that is full as soon as something is settled by another call', async () => {
  await publish(['1', '2'])
  const { stream, received } = openStream({ maxOutstandingMessages: 1 })
  await expect.poll(() => received().texts).toEqual(['1'])
  await acknowledge(received().ackIds)
  await expect.poll(() => received().texts).toEqual(['1', '2'])
  stream.cancel()
})

test('answers the pings of a client that asks for it', async () => {
  const { stream, batches } = openStream({ protocolVersion: 1 })
  stream.write({})
  await expect.poll(() => batches).toEqual([[]])
  stream.cancel()
})

test('keeps all messages of a key with one stream, and gives them to another when it fails them', async () => {
  const first = openStream({ maxOutstandingMessages: 1 })
  await publish(['a1', 'a2'], 'a')
  await expect.poll(() => first.received().texts).toEqual(['a1'])
  const second = openStream({})
  await publish(['b1'], 'b')
  await expect.poll(() => second.received().texts).toEqual(['b1'])
  first.stream.end()
  await once(first.stream, 'end')
  await setDeadline(first.received().ackIds, 0)
  await expect.poll(() => second.received().texts).toEqual(['b1', 'a1', 'a2'])
  second.stream.cancel()
})
