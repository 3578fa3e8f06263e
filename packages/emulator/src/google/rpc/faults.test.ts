import { v1 } from '@google-cloud/pubsub'
import { credentials, status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { EmulatorControl, type GoogleEmulator, startGoogleEmulator } from '../index.ts'

const topic = 'projects/local/topics/faults'
const subscription = 'projects/local/subscriptions/faults'
const once = { timeout: 30_000, maxRetries: 0 }
let emulator: GoogleEmulator
let control: EmulatorControl
let publisher: v1.PublisherClient
let subscriber: v1.SubscriberClient

beforeAll(async () => {
  emulator = await startGoogleEmulator()
  control = new EmulatorControl(emulator.endpoint)
  const options = {
    apiEndpoint: '127.0.0.1',
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  }
  publisher = new v1.PublisherClient(options)
  subscriber = new v1.SubscriberClient(options)
  await publisher.createTopic({ name: topic })
  await subscriber.createSubscription({ name: subscription, topic })
})

afterEach(() => emulator.faults.clear())

afterAll(async () => {
  control.close()
  await publisher.close()
  await subscriber.close()
  await emulator.stop()
})

function getTopic() {
  return publisher.getTopic({ topic }, { ...once, retry: { retryCodes: [] } })
}

function getSubscription() {
  return subscriber.getSubscription({ subscription }, { ...once, retry: { retryCodes: [] } })
}

test('fails every call of a service until it is cleared, and no other service', async () => {
  emulator.faults.inject({ service: 'Publisher', code: 'RESOURCE_EXHAUSTED' })
  await expect(getTopic()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  await expect(getTopic()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  await expect(getSubscription()).resolves.toBeDefined()
  emulator.faults.clear()
  await expect(getTopic()).resolves.toBeDefined()
})

test('fails as many calls of one method as it was told, and no other method', async () => {
  emulator.faults.inject({ service: 'Publisher', method: 'GetTopic', code: 'UNAVAILABLE', calls: 2 })
  await expect(publisher.listTopics({ project: 'projects/local' })).resolves.toBeDefined()
  await expect(getTopic()).rejects.toMatchObject({ code: status.UNAVAILABLE })
  await expect(getTopic()).rejects.toMatchObject({ code: status.UNAVAILABLE })
  await expect(getTopic()).resolves.toBeDefined()
})

test('plays several faults one after the other', async () => {
  emulator.faults.inject({ service: 'Publisher', code: 'UNAVAILABLE', calls: 1 })
  emulator.faults.inject({ service: 'Publisher', code: 'ABORTED', calls: 1 })
  await expect(getTopic()).rejects.toMatchObject({ code: status.UNAVAILABLE })
  await expect(getTopic()).rejects.toMatchObject({ code: status.ABORTED })
})

test('delays an answer past the deadline of the caller', async () => {
  emulator.faults.inject({ service: 'Subscriber', latencyMs: 2000, calls: 1 })
  const call = subscriber.getSubscription({ subscription }, { timeout: 100, retry: { retryCodes: [] } })
  await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
})

test('keeps back the answer of a call that took effect', async () => {
  const name = 'projects/local/topics/late-answer'
  emulator.faults.inject({
    service: 'Publisher',
    method: 'CreateTopic',
    latencyMs: 60_000,
    afterEffect: true,
  })
  const call = publisher.createTopic({ name }, { timeout: 5_000, retry: { retryCodes: [] } })
  await expect(call).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED })
  await expect(publisher.getTopic({ topic: name })).resolves.toBeDefined()
})

test('loses the answer of a call that took effect', async () => {
  emulator.faults.inject({
    service: 'Publisher',
    method: 'Publish',
    code: 'UNAVAILABLE',
    afterEffect: true,
    calls: 1,
  })
  const messages = [{ data: Buffer.from('published') }]
  await expect(publisher.publish({ topic, messages }, { retry: { retryCodes: [] } })).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  })
  const [{ receivedMessages }] = await subscriber.pull({ subscription, maxMessages: 10 })
  expect(receivedMessages).toHaveLength(1)
})

test('overwrites fields of an answer', async () => {
  emulator.faults.inject({ service: 'Publisher', method: 'GetTopic', answer: { name: 'another' } })
  const [found] = await getTopic()
  expect(found.name).toBe('another')
})

test('fails a stream when it opens', async () => {
  emulator.faults.inject({ service: 'Subscriber', method: 'StreamingPull', code: 'UNAVAILABLE', calls: 1 })
  const stream = subscriber.streamingPull()
  const failed = new Promise((resolve) => stream.on('error', resolve))
  stream.write({ subscription, streamAckDeadlineSeconds: 10 })
  await expect(failed).resolves.toMatchObject({ code: status.UNAVAILABLE })
})

test('refuses a fault in something that does not exist', async () => {
  expect(() => emulator.faults.inject({ service: 'Publishers' })).toThrow('No service Publishers')
  expect(() => emulator.faults.inject({ service: 'Publisher', method: 'publish' })).toThrow('No method')
  const misspelt = { service: 'Publisher', code: 'UNAVAILIBLE' as 'UNAVAILABLE' }
  expect(() => emulator.faults.inject(misspelt)).toThrow('No gRPC code')
  await expect(control.inject({ service: 'Publishers' })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  })
})

test('takes its orders from another process too, and counts calls', async () => {
  const before = await control.calls('Publisher', 'GetTopic')
  await control.inject({ service: 'Publisher', method: 'GetTopic', code: 'INTERNAL', calls: 1 })
  await expect(getTopic()).rejects.toMatchObject({ code: status.INTERNAL })
  await control.inject({ service: 'Publisher', code: 'INTERNAL' })
  await control.clear('Subscriber')
  await expect(getTopic()).rejects.toMatchObject({ code: status.INTERNAL })
  await control.clear('Publisher')
  await expect(getTopic()).resolves.toBeDefined()
  expect(await control.calls('Publisher', 'GetTopic')).toBe(before + 3)
})
