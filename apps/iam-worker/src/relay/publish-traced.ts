import { type OutboxRow, toMessage } from '@iam/domain/outbox'
import { PublishError } from '@iam/platform/pubsub'
import { isSampled, type Span } from '@iam/platform/telemetry'
import type { RelayDeps } from './relay-deps.ts'

/**
 * Publishes rows of one topic. Those whose request is recorded get a span each, a child of the request's, which goes
 * along as the attribute `traceparent` (OpenTelemetry, semantic conventions for messaging). Not as Google's clients
 * name it, `googclient_traceparent`: Pub/Sub reserves what begins with `goog`, and may refuse the message for it.
 * @returns what became of the streams that failed; none when all were accepted. Anything else is thrown on.
 */
export async function publishTraced(
  deps: RelayDeps,
  { topic, rows }: { readonly topic: string; readonly rows: readonly OutboxRow[] },
): Promise<PublishError['failures']> {
  const now = deps.clock()
  const spans = new Map<string, Span>()
  const messages = rows.map((row) => {
    const message = toMessage(row, deps.producer, now)
    const { traceparent } = row
    if (traceparent === null || !isSampled(traceparent)) return message
    const span = deps.tracing?.start({
      name: `send ${topic}`,
      kind: 'producer',
      parent: traceparent,
      attributes: attributesOf(topic, row, now),
    })
    if (span !== undefined) spans.set(row.eventId, span)
    const handedOn = span?.isRecorded === true ? span.traceparent : traceparent
    return { ...message, attributes: { ...message.attributes, traceparent: handedOn } }
  })
  const failures = await failuresOf(deps.publisher.publish(topic, messages))
  count(deps, { topic, rows, failures })
  if (spans.size > 0) endAll(spans, rows, failures)
  return failures
}

function attributesOf(topic: string, { eventId, type, occurredAt }: OutboxRow, now: Date) {
  return {
    'messaging.system': 'gcp_pubsub',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'send',
    'messaging.destination.name': topic,
    'event.id': eventId,
    'event.type': type,
    'outbox.waited_ms': now.getTime() - occurredAt.getTime(),
  }
}

function endAll(
  spans: ReadonlyMap<string, Span>,
  rows: readonly OutboxRow[],
  failures: PublishError['failures'],
): void {
  const failed = new Map(failures.map((failure) => [failure.orderingKey, failure]))
  for (const { eventId, orderingKey } of rows) spans.get(eventId)?.end(failed.get(orderingKey))
}

interface Outcome {
  readonly topic: string
  readonly rows: readonly OutboxRow[]
  readonly failures: PublishError['failures']
}

function count({ metrics, clock }: RelayDeps, { topic, rows, failures }: Outcome): void {
  if (metrics === undefined) return
  const failed = new Set(failures.map(({ orderingKey }) => orderingKey))
  const now = clock().getTime()
  for (const { code } of failures) metrics.notPublished(topic, code)
  for (const { orderingKey, occurredAt } of rows)
    if (!failed.has(orderingKey)) metrics.published(topic, (now - occurredAt.getTime()) / 1_000)
}

async function failuresOf(publishing: Promise<void>): Promise<PublishError['failures']> {
  try {
    await publishing
    return []
  } catch (error) {
    if (error instanceof PublishError) return error.failures
    throw error
  }
}
