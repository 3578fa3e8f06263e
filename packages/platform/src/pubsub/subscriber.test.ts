import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  type IncomingMessage,
  openPublisher,
  openSubscriber,
  type Publisher,
  type Subscriber,
} from './index.ts'

describe('taking messages in', () => {
  let emulator: GoogleEmulator
  let publisher: Publisher
  let subscriber: Subscriber
  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    const options = { projectId: 'local', endpoint: `127.0.0.1:${emulator.port}` }
    publisher = await openPublisher(options)
    subscriber = await openSubscriber(options)
  })
  afterAll(async () => {
    await subscriber.close()
    await publisher.close()
    await emulator.stop()
  })

  let names = 0
  /** A topic that is listened to: `handle` may reject. */
  async function listening(handle: (text: string, message: IncomingMessage) => Promise<void>) {
    names += 1
    const wanted = { topic: `incoming-${names}`, subscription: `takes-incoming-${names}` }
    await subscriber.ensureSubscription(wanted)
    const errors: unknown[] = []
    const { stop } = subscriber.listen(
      wanted.subscription,
      (message) => handle(message.data.toString(), message),
      (error) => void errors.push(error),
    )
    const publish = (orderingKey: string, texts: string[], attributes = {}) =>
      publisher.publish(
        wanted.topic,
        texts.map((text) => ({ orderingKey, data: Buffer.from(text), attributes })),
      )
    return { ...wanted, publish, stop, errors }
  }

  test('brings data, attributes and ordering key', async () => {
    const seen: IncomingMessage[] = []
    const { publish, stop } = await listening(async (_, message) => void seen.push(message))
    await publish('a', ['body'], { subject: 'test' })
    await expect
      .poll(() => seen)
      .toEqual([{ orderingKey: 'a', data: Buffer.from('body'), attributes: { subject: 'test' } }])
    await stop()
  })

  test('finds a subscription that is there already', async () => {
    const { topic, subscription, stop } = await listening(async () => undefined)
    await expect(subscriber.ensureSubscription({ topic, subscription })).resolves.toBeUndefined()
    await stop()
  })

  test('hands over one of a key at a time, and other keys beside it', async () => {
    const order: string[] = []
    const gates = new Map<string, () => void>()
    const { publish, stop } = await listening(async (text) => {
      order.push(text)
      await new Promise<void>((open) => gates.set(text, open))
    })
    await publish('a', ['a1', 'a2'])
    await expect.poll(() => order).toEqual(['a1'])
    await publish('b', ['b1'])
    await expect.poll(() => order).toEqual(['a1', 'b1'])
    gates.get('a1')?.()
    await expect.poll(() => order).toEqual(['a1', 'b1', 'a2'])
    for (const open of gates.values()) open()
    await stop()
  })

  test('C253: what fails comes again with what waits behind it, in order; other keys flow on', async () => {
    const done: string[] = []
    let broken = true
    const { publish, stop, errors } = await listening(async (text) => {
      if (text === 'a1' && broken) throw new Error('not now')
      done.push(text)
    })
    await publish('a', ['a1', 'a2', 'a3'])
    await publish('b', ['b1'])
    await expect.poll(() => done).toEqual(['b1'])
    await expect.poll(() => errors.length).toBeGreaterThan(2)
    expect(errors[0]).toMatchObject({ message: 'not now' })
    broken = false
    await expect.poll(() => done).toEqual(['b1', 'a1', 'a2', 'a3'])
    await stop()
  })

  test('is opened again when it ends: a subscription that comes late is listened to', async () => {
    names += 1
    const wanted = { topic: `incoming-${names}`, subscription: `takes-incoming-${names}` }
    const seen: string[] = []
    const errors: unknown[] = []
    const { stop } = subscriber.listen(
      wanted.subscription,
      async ({ data }) => void seen.push(data.toString()),
      (error) => void errors.push(error),
    )
    await expect.poll(() => errors.length).toBeGreaterThan(0)
    await subscriber.ensureSubscription(wanted)
    await publisher.publish(wanted.topic, [{ orderingKey: '', data: Buffer.from('late'), attributes: {} }])
    await expect.poll(() => seen).toEqual(['late'])
    await stop()
  })

  test('stopping waits for what is being worked on', async () => {
    let finish: () => void = () => undefined
    const steps: string[] = []
    const { publish, stop } = await listening(async () => {
      steps.push('begun')
      await new Promise<void>((done) => (finish = done))
      steps.push('done')
    })
    await publish('a', ['x'])
    await vi.waitUntil(() => steps.length === 1, { timeout: 30_000 })
    const stopping = stop().then(() => steps.push('stopped'))
    finish()
    await stopping
    expect(steps).toEqual(['begun', 'done', 'stopped'])
  })
})
