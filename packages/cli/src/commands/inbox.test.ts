import { inboxDeadLetterSubscription, inboxSubscriptions } from '@iam/domain/inbox'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import { type IncomingMessage, openPublisher, openSubscriber } from '@iam/platform/pubsub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describePutAside } from './describe-work.ts'
import { inboxInspect, inboxReplay } from './inbox.ts'

const namespace = 'hotels'
const dead = inboxDeadLetterSubscription(namespace)
const silent = () => undefined
const progress = { step: silent }

describe('iam inbox', { timeout: 120_000 }, () => {
  let emulator: GoogleEmulator
  let config: Parameters<typeof inboxInspect>[0]
  const came: IncomingMessage[] = []
  const said = () => came.map(({ data }) => data.toString())
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    const endpoint = `127.0.0.1:${emulator.port}`
    const deployment = { env: 'test', project: 'local', region: 'local', issuer: 'http://localhost' }
    config = { deployment, pubsub: { endpoint, namespace } }
    const options = { projectId: 'local', endpoint }
    const subscriber = await openSubscriber(options)
    closing.push(() => subscriber.close())
    for (const wanted of [...inboxSubscriptions(namespace, 'local'), dead])
      await subscriber.ensureSubscription(wanted)
    for (const { subscription } of inboxSubscriptions(namespace, 'local')) {
      const take = async (message: IncomingMessage) => {
        if (message.data.toString() === 'waits' && !said().includes('first')) throw new Error('not yet')
        came.push(message)
      }
      const { stop } = subscriber.listen(subscription, take, silent)
      closing.push(async () => stop())
    }
    const publisher = await openPublisher(options)
    const aside = (subject: string, orderingKey: string, text: string) => {
      return {
        orderingKey,
        data: Buffer.from(text),
        attributes: { subject, reason: 'the reason', eventId: text },
      }
    }
    await publisher.publish(dead.topic, [
      aside('hotels.tenant.tenant.created.v1', 'ten_A:ten_A', 'first'),
      aside('hotels.tenant.tenant.updated.v1', 'ten_A:ten_A', 'second'),
      aside('hotels.gdpr.erasure.requested.v1', 'ten_B:usr_B', 'third'),
      aside('', '', 'no JSON'),
    ])
    await publisher.close()
  })
  afterAll(async () => {
    for (const close of closing.toReversed()) await close()
    await emulator.stop()
  })

  test('shows what was put aside, not what it says, and leaves it there', async () => {
    const before = await inboxInspect(config)
    expect(before.map(({ subject, topic }) => `${subject} ${topic}`).toSorted()).toEqual([
      ' undefined',
      'hotels.gdpr.erasure.requested.v1 hotels.gdpr.erasure.v1',
      'hotels.tenant.tenant.created.v1 hotels.tenant.tenant.v1',
      'hotels.tenant.tenant.updated.v1 hotels.tenant.tenant.v1',
    ])
    const shown = before.map(describePutAside).join('\n')
    expect(shown).toContain('the reason')
    expect(shown).not.toContain('no JSON')
    const rehearsed = await inboxReplay(config, { id: undefined, dryRun: true }, progress)
    expect(rehearsed).toEqual({ replayed: 3, left: 1 })
    expect(came).toEqual([])
    expect(await inboxInspect(config)).toHaveLength(4)
  })

  test('replays one, or all, to where they came from: nothing that waits for one of them is in its way', async () => {
    const [erasure] = (await inboxInspect(config)).filter(({ subject }) => subject.includes('erasure'))
    await inboxReplay(config, { id: erasure?.id }, progress)
    await expect.poll(said, { timeout: 30_000 }).toEqual(['third'])
    const publisher = await openPublisher({ projectId: 'local', endpoint: `127.0.0.1:${emulator.port}` })
    const follower = { orderingKey: 'ten_A:ten_A', data: Buffer.from('waits'), attributes: {} }
    await publisher.publish('hotels.tenant.tenant.v1', [follower])
    await publisher.close()
    expect(await inboxReplay(config, { id: undefined }, progress)).toEqual({ replayed: 2, left: 1 })
    const all = ['first', 'second', 'third', 'waits']
    await expect.poll(() => said().toSorted(), { timeout: 30_000 }).toEqual(all)
    expect(came.find(({ data }) => data.toString() === 'first')).toEqual({
      orderingKey: '',
      data: Buffer.from('first'),
      attributes: { subject: 'hotels.tenant.tenant.created.v1', eventId: 'first' },
    })
    expect(await inboxInspect(config)).toHaveLength(1)
    await expect(inboxReplay(config, { id: 'none' }, progress)).rejects.toThrow('No message none')
  })
})
