import { expect, test } from 'vitest'
import type { Message } from '../message.ts'
import { Backlog } from './backlog.ts'
import { Receiver } from './receiver.ts'

/** Takes up to `maxMessages` at a time; has what it was sent, and whether its connection takes more. */
function newReceiver(maxMessages = Number.POSITIVE_INFINITY) {
  const connection = { full: false }
  const sent: string[] = []
  const ackIds = new Map<string, string>()
  const outlet = {
    send: (batch: { ackId: string; message: { messageId: string } }[]) => {
      for (const { ackId, message } of batch) {
        sent.push(message.messageId)
        ackIds.set(message.messageId, ackId)
      }
      return !connection.full
    },
    fail: () => {},
  }
  const receiver = new Receiver(outlet, { maxMessages, maxBytes: Number.POSITIVE_INFINITY }, 10)
  return { receiver, connection, sent, ackIdOf: (messageId: string) => ackIds.get(messageId) ?? '' }
}

function newBacklog() {
  const settled: string[] = []
  const events = { settled: (message: Message) => settled.push(message.messageId), diverted: () => false }
  return { backlog: new Backlog({ ordered: true, countsAttempts: false }, events), settled }
}

function message(messageId: string, orderingKey = ''): Message {
  return { messageId, orderingKey, data: '', attributes: {}, publishTime: { seconds: '0', nanos: 0 } }
}

test('sends nothing into a full connection until it has drained', () => {
  const { backlog } = newBacklog()
  const { receiver, connection, sent } = newReceiver()
  connection.full = true
  backlog.attach(receiver)
  for (const id of ['1', '2']) {
    backlog.add(message(id))
    backlog.deliver()
  }
  expect(sent).toEqual(['1'])
  connection.full = false
  receiver.resume()
  backlog.deliver()
  expect(sent).toEqual(['1', '2'])
})

test('serves its receivers in turn', () => {
  const { backlog } = newBacklog()
  const receivers = [newReceiver(), newReceiver(), newReceiver()]
  for (const { receiver } of receivers) backlog.attach(receiver)
  for (let n = 1; n <= 6; n += 1) {
    backlog.add(message(String(n)))
    backlog.deliver()
  }
  expect(receivers.map(({ sent }) => sent)).toEqual([
    ['1', '4'],
    ['2', '5'],
    ['3', '6'],
  ])
})

test('lets no key with a long queue hold up the others', () => {
  const { backlog } = newBacklog()
  for (let n = 1; n <= 5; n += 1) backlog.add(message(`a${n}`, 'a'))
  backlog.add(message('b1', 'b'))
  const { receiver, sent, ackIdOf } = newReceiver(2)
  backlog.attach(receiver)
  backlog.acknowledge(ackIdOf('a1'))
  backlog.deliver()
  expect(sent).toEqual(['a1', 'a2', 'b1'])
})

test('settles a message only when it and all before it of its key are acknowledged after the last refusal', () => {
  const { backlog, settled } = newBacklog()
  for (const id of ['1', '2', '3']) backlog.add(message(id, 'key'))
  const { receiver, ackIdOf } = newReceiver()
  backlog.attach(receiver)
  backlog.acknowledge(ackIdOf('3'))
  backlog.acknowledge(ackIdOf('1'))
  expect(settled).toEqual(['1'])
  backlog.modifyDeadline(ackIdOf('2'), 0)
  backlog.acknowledge(ackIdOf('2'))
  expect(settled).toEqual(['1', '2'])
  backlog.acknowledge(ackIdOf('3'))
  expect(settled).toEqual(['1', '2', '3'])
})
