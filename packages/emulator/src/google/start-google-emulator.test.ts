import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import { v1 } from '@google-cloud/pubsub'
import { credentials } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EmulatorControl, type GoogleEmulator, startGoogleEmulator } from './index.ts'

const ring = 'projects/local/locations/europe-west1/keyRings/iam'
const key = `${ring}/cryptoKeys/data`
const topic = 'projects/local/topics/state'
const subscription = 'projects/local/subscriptions/state'
let directory: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'google-emulator-'))
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(directory, { recursive: true })
})

async function start(): Promise<GoogleEmulator> {
  const emulator = await startGoogleEmulator({ stateDirectory: directory })
  closing.push(emulator.stop)
  return emulator
}

function connect({ port }: GoogleEmulator) {
  const options = {
    apiEndpoint: '127.0.0.1',
    port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  }
  const kms = new KeyManagementServiceClient(options)
  const publisher = new v1.PublisherClient(options)
  const subscriber = new v1.SubscriberClient(options)
  closing.unshift(() => Promise.all([kms.close(), publisher.close(), subscriber.close()]))
  return { kms, publisher, subscriber }
}

type Clients = ReturnType<typeof connect>

async function prepare({ kms, publisher, subscriber }: Clients): Promise<void> {
  await kms.createKeyRing({ parent: 'projects/local/locations/europe-west1', keyRingId: 'iam' })
  await kms.createCryptoKey({ parent: ring, cryptoKeyId: 'data', cryptoKey: { purpose: 'ENCRYPT_DECRYPT' } })
  await publisher.createTopic({ name: topic })
  await subscriber.createSubscription({ name: subscription, topic, enableMessageOrdering: true })
}

async function publish({ publisher }: Clients, texts: string[]): Promise<void> {
  const messages = texts.map((text) => ({
    data: Buffer.from(text),
    orderingKey: 'key',
    attributes: { n: text },
  }))
  await publisher.publish({ topic, messages })
}

async function pull({ subscriber }: Clients) {
  const [{ receivedMessages }] = await subscriber.pull({
    subscription,
    maxMessages: 10,
    returnImmediately: true,
  })
  return receivedMessages ?? []
}

function textsOf(received: Awaited<ReturnType<typeof pull>>) {
  return received.map(({ message }) => [
    Buffer.from(message?.data as Uint8Array).toString(),
    message?.attributes?.['n'],
  ])
}

test('keeps keys, topics, subscriptions and undelivered messages over a restart', async () => {
  const before = await start()
  const first = connect(before)
  await prepare(first)
  const [{ ciphertext }] = await first.kms.encrypt({ name: key, plaintext: Buffer.from('kept') })
  await publish(first, ['1', '2', '3'])
  const [settled] = await pull(first)
  await first.subscriber.acknowledge({ subscription, ackIds: [settled?.ackId as string] })
  await before.stop()

  const after = await start()
  const second = connect(after)
  const [{ plaintext }] = await second.kms.decrypt({ name: key, ciphertext: ciphertext as Uint8Array })
  expect(Buffer.from(plaintext as Uint8Array).toString()).toBe('kept')
  await publish(second, ['4'])
  expect(textsOf(await pull(second))).toEqual([
    ['2', '2'],
    ['3', '3'],
    ['4', '4'],
  ])
  expect(after.deploymentId).toBe(before.deploymentId)
})

test('gives no message id twice, also after a restart', async () => {
  const ids: (string | null | undefined)[] = []
  for (let starts = 0; starts < 3; starts += 1) {
    const emulator = await start()
    const { publisher } = connect(emulator)
    if (starts === 0) await publisher.createTopic({ name: topic })
    for (let n = 0; n < 2; n += 1) {
      const [{ messageIds }] = await publisher.publish({ topic, messages: [{ data: Buffer.from('x') }] })
      ids.push(...(messageIds ?? []))
    }
    await emulator.stop()
  }
  expect(new Set(ids).size).toBe(6)
})

test('forgets everything without a directory, and is another deployment each time', async () => {
  const first = await startGoogleEmulator()
  await prepare(connect(first))
  await first.stop()
  const second = await startGoogleEmulator()
  closing.push(second.stop)
  const [topics] = await connect(second).publisher.listTopics({ project: 'projects/local' })
  expect(topics).toEqual([])
  expect(second.deploymentId).not.toBe(first.deploymentId)
})

test('shows the deployment id in the directory and over the wire', async () => {
  const { endpoint, deploymentId } = await start()
  const control = new EmulatorControl(endpoint)
  closing.unshift(async () => control.close())
  expect(await control.deploymentId()).toBe(deploymentId)
  expect(await readFile(join(directory, 'deployment-id'), 'utf8')).toBe(`${deploymentId}\n`)
})

test('refuses a directory that another emulator uses, until that one stops', async () => {
  const { stop } = await start()
  await expect(startGoogleEmulator({ stateDirectory: directory })).rejects.toThrow(/in use/)
  await stop()
  await expect(start()).resolves.toBeDefined()
})

test('refuses a port that is taken, and leaves the directory free', async () => {
  const { port } = await startGoogleEmulator().then((emulator) => {
    closing.push(emulator.stop)
    return emulator
  })
  await expect(startGoogleEmulator({ port, stateDirectory: directory })).rejects.toThrow(
    /EADDRINUSE|No address/,
  )
  await expect(start()).resolves.toBeDefined()
})
