import type { ServerUnaryCall } from '@grpc/grpc-js'
import { invalidArgument, notFound, type StatusError } from '../rpc/status-error.ts'
import { Receiver } from './delivery/receiver.ts'
import type { ReceivedMessage } from './message.ts'
import type { PubSub } from './pub-sub.ts'

type PullRequest = { subscription: string; maxMessages: number; returnImmediately: boolean }

/** How long a pull waits for a first message before it answers that there is none. */
const patienceMs = 10_000
const maxBytes = 10_000_000

/** Answers with what waits, or with the first message that comes. Of an ordering key there is at most one
 *  batch out. */
export async function pull(
  pubSub: PubSub,
  request: PullRequest,
  call: Pick<ServerUnaryCall<unknown, unknown>, 'on'>,
): Promise<{ receivedMessages: ReceivedMessage[] }> {
  const subscription = pubSub.subscription(request.subscription)
  if (subscription === undefined) throw notFound(request.subscription)
  if (request.maxMessages <= 0) throw invalidArgument('max_messages must be positive.')
  const backlog = pubSub.backlog(request.subscription)
  const { promise, resolve, reject } = Promise.withResolvers<ReceivedMessage[]>()
  const outlet = {
    send: (batch: ReceivedMessage[]) => {
      resolve(batch)
      return false // a pull takes one batch
    },
    fail: (error: StatusError) => reject(error),
  }
  const receiver = new Receiver(
    outlet,
    { maxMessages: request.maxMessages, maxBytes },
    subscription.ackDeadlineSeconds,
  )
  const giveUp = setTimeout(() => resolve([]), request.returnImmediately ? 0 : patienceMs)
  call.on('cancelled', () => resolve([]))
  backlog.attach(receiver)
  try {
    return { receivedMessages: await promise }
  } finally {
    clearTimeout(giveUp)
    backlog.detach(receiver)
  }
}
