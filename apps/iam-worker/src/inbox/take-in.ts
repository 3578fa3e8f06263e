import { inboxDeadLetterTopic } from '@iam/domain/inbox'
import { Refusal } from '@iam/domain/kit'
import type { IncomingMessage } from '@iam/platform/pubsub'
import type { InboxDeps } from './inbox-deps.ts'
import { readMessage, type Read } from './read-message.ts'

const messaging = {
  'messaging.system': 'gcp_pubsub',
  'messaging.operation.type': 'process',
  'messaging.operation.name': 'process',
}

/** How long an event waits for its tenant, in milliseconds: then it is nobody's, and is not brought again for a month. */
const patience = 86_400_000

/** A value that Postgres never takes, as text with a zero byte in it (SQLSTATE class 22). */
const dataException = /^22[0-9A-Z]{3}$/

/**
 * Takes in one message: gives it its effect, or puts it aside with the reason if it can never have one.
 * @throws when neither could be done now: the broker brings it again.
 */
export async function takeIn(deps: InboxDeps, message: IncomingMessage): Promise<void> {
  const read = readMessage(message, deps.namespace)
  if (read.is === 'refused') {
    deps.metrics.received('none', 'put_aside')
    return putAside(deps, message, read.reason)
  }
  if (read.is === 'ignored') return
  const { eventId: event_id, subject, occurredAt } = read.event
  const isOld = deps.clock().getTime() - occurredAt.getTime() >= patience
  try {
    const reception = await receiveTraced(deps, read)
    deps.metrics.received(subject, reception)
    deps.log.info({ event_id, subject, reception }, 'An event of another service was taken in')
  } catch (error) {
    const reason = reasonOf(error, isOld)
    deps.metrics.received(subject, reason === undefined ? 'failed' : 'put_aside')
    if (reason === undefined) throw error
    await putAside(deps, message, reason)
  }
}

/** Why an event can never have its effect; undefined where another try may be better. */
function reasonOf(error: unknown, isOld: boolean): string | undefined {
  if (error instanceof Refusal) {
    const { code: refused, detail } = error
    const isPassing = refused === 'temporarily_unavailable' || (refused === 'tenant_unknown' && !isOld)
    return isPassing ? undefined : [refused, detail].filter(Boolean).join(': ')
  }
  const { code } = error as { code?: unknown }
  // What Postgres says may hold the value.
  return typeof code === 'string' && dataException.test(code)
    ? `The database can hold no such value (${code}).`
    : undefined
}

/** Under a span that is a child of the one that sent the message (OpenTelemetry, semantic conventions for messaging). */
async function receiveTraced(deps: InboxDeps, read: Extract<Read, { is: 'event' }>): Promise<string> {
  const { event, payload } = read
  const span = deps.tracing.start({
    name: `process ${event.subject}`,
    kind: 'consumer',
    parent: event.origin.traceparent,
    attributes: { ...messaging, 'event.id': event.eventId },
  })
  const origin = { ...event.origin, traceparent: span.traceparent }
  try {
    const reception = await span.run(() => read.receive(deps, { ...event, origin }, payload))
    span.set({ 'inbox.reception': reception })
    span.end()
    return reception
  } catch (error) {
    span.end(error)
    throw error
  }
}

async function putAside(deps: InboxDeps, message: IncomingMessage, reason: string): Promise<void> {
  const topic = inboxDeadLetterTopic(deps.namespace)
  await deps.publisher.publish(topic, [{ ...message, attributes: { ...message.attributes, reason } }])
  deps.onPutAside()
  const { subject, eventId: event_id } = message.attributes
  deps.log.error({ subject, event_id, reason, topic }, 'A message was put aside')
}
