import { inboxDeadLetterTopic } from '@iam/domain/inbox'
import { Refusal } from '@iam/domain/kit'
import type { IncomingMessage } from '@iam/platform/pubsub'
import type { InboxDeps } from './inbox-deps.ts'
import { readMessage } from './read-message.ts'

/** Refused now, and perhaps not when the message comes again. */
const passing: ReadonlySet<string> = new Set(['tenant_unknown', 'temporarily_unavailable'])

/**
 * Takes in one message: gives it its effect, or puts it aside with the reason if it can never have one.
 * @throws when neither could be done now: the broker brings it again.
 */
export async function takeIn(deps: InboxDeps, message: IncomingMessage): Promise<void> {
  const read = readMessage(message, deps.namespace)
  if (read.is === 'refused') return putAside(deps, message, read.reason)
  if (read.is === 'ignored') return
  const { eventId: event_id, subject } = read.event
  try {
    const reception = await read.receive(deps, read.event, read.payload)
    deps.log.info({ event_id, subject, reception }, 'An event of another service was taken in')
  } catch (error) {
    if (!(error instanceof Refusal) || passing.has(error.code)) throw error
    await putAside(deps, message, [error.code, error.detail].filter(Boolean).join(': '))
  }
}

async function putAside(deps: InboxDeps, message: IncomingMessage, reason: string): Promise<void> {
  const topic = inboxDeadLetterTopic(deps.namespace)
  await deps.publisher.publish(topic, [{ ...message, attributes: { ...message.attributes, reason } }])
  const { subject, eventId: event_id } = message.attributes
  deps.log.error({ subject, event_id, reason, topic }, 'A message was put aside')
}
