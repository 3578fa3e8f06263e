import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OutgoingMessage, Publisher } from './publisher.ts'

/** A publisher, and a way to see what arrived. */
export type PublisherSubject = {
  publisher: Publisher
  /** Makes an ordered subscription to the topic, which must exist. */
  subscribe: (topic: string) => Promise<void>
  /** All that has arrived at that subscription, in order of arrival, as far as there is more to come. */
  receive: (topic: string) => Promise<OutgoingMessage[]>
  close(): Promise<void>
}

/** What every `Publisher` must do, whatever is behind it. */
export function testPublisher(open: () => Promise<PublisherSubject>): void {
  let subject: PublisherSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())
  testDelivery(() => subject)
  testRefusals(() => subject)
}

function message(
  orderingKey: string,
  text: string,
  attributes: Record<string, string> = {},
): OutgoingMessage {
  return { orderingKey, data: Buffer.from(text), attributes }
}

function textsOf(messages: readonly OutgoingMessage[], key: string): string[] {
  return messages.filter(({ orderingKey }) => orderingKey === key).map(({ data }) => data.toString())
}

async function publishTo(subject: PublisherSubject, topic: string, messages: OutgoingMessage[]) {
  await subject.publisher.ensureTopic(topic)
  await subject.subscribe(topic)
  await subject.publisher.publish(topic, messages)
  return subject.receive(topic)
}

function testDelivery(subject: () => PublisherSubject): void {
  test('delivers data, attributes and ordering key as they were given', async () => {
    const sent = message('tenant:user', 'body', { subject: 'user.created', eventId: '1' })
    expect(await publishTo(subject(), 'conformance-content', [sent])).toEqual([sent])
  })

  test('keeps the order of each key, however the keys are mixed', async () => {
    const sent = Array.from({ length: 60 }, (_, n) => message(['a', 'b', 'c'][n % 3] ?? '', String(n)))
    const received = await publishTo(subject(), 'conformance-order', sent)
    expect(received).toHaveLength(60)
    for (const key of ['a', 'b', 'c']) expect(textsOf(received, key)).toEqual(textsOf(sent, key))
  })

  test('delivers more of one key than one request takes, in order', async () => {
    const sent = Array.from({ length: 2_500 }, (_, n) => message('a', String(n)))
    const received = await publishTo(subject(), 'conformance-many', sent)
    expect(textsOf(received, 'a')).toEqual(textsOf(sent, 'a'))
  })

  test('delivers messages of many keys', async () => {
    const sent = Array.from({ length: 500 }, (_, n) => message(`key-${n}`, String(n)))
    const received = await publishTo(subject(), 'conformance-keys', sent)
    expect(new Set(received.map(({ orderingKey }) => orderingKey)).size).toBe(500)
  })

  test('accepts that there is nothing to publish', async () => {
    expect(await publishTo(subject(), 'conformance-nothing', [])).toEqual([])
  })

  test('finds a topic that is there already', async () => {
    const { publisher } = subject()
    await publisher.ensureTopic('conformance-twice')
    await expect(publisher.ensureTopic('conformance-twice')).resolves.toBeUndefined()
  })
}

function testRefusals(subject: () => PublisherSubject): void {
  test('refuses for good to publish to a topic that is missing', async () => {
    const refused = subject().publisher.publish('conformance-missing', [message('a', 'x'), message('b', 'y')])
    const failures = [{ code: 5 }, { code: 5 }]
    await expect(refused).rejects.toMatchObject({ name: 'PublishError', retriable: false, failures })
  })

  test('names the keys whose messages were refused, and publishes the others', async () => {
    const { publisher, subscribe, receive } = subject()
    await publisher.ensureTopic('conformance-partly')
    await subscribe('conformance-partly')
    const refused = publisher.publish('conformance-partly', [
      message('good', 'fine'),
      message('bad', 'too much', { attribute: 'x'.repeat(1025) }),
    ])
    const failures = [{ orderingKey: 'bad', code: 3 }]
    await expect(refused).rejects.toMatchObject({ name: 'PublishError', retriable: false, failures })
    expect(textsOf(await receive('conformance-partly'), 'good')).toEqual(['fine'])
  })

  test('refuses a name that no topic can have', async () => {
    await expect(subject().publisher.ensureTopic('a')).rejects.toMatchObject({ name: 'PublishError' })
  })
}
