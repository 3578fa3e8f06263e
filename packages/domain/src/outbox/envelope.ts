import type { EventEnvelope } from '../event-schema/index.ts'
import { eventTypes } from './domain-event.ts'
import type { OutboxRow } from './relay-queries.ts'

/** Who publishes, as every envelope says. */
export interface Producer {
  readonly namespace: string
  readonly name: string
  readonly version: string
}

export interface Message {
  readonly topic: string
  readonly orderingKey: string
  readonly data: Buffer
  readonly attributes: Record<string, string>
}

/** The topic of an entity's events: one for each entity, so that its events keep their order. */
export function topicOf(namespace: string, type: string): string {
  return `${namespace}.iam.${type.slice(0, type.indexOf('.'))}.v1`
}

/** Every topic this service publishes to. */
export function topics(namespace: string): string[] {
  return [...new Set(Object.keys(eventTypes).map((type) => topicOf(namespace, type)))]
}

/** An outbox row as it goes out. `eventId` is its idempotency key: a relay publishes at least once. */
export function toMessage(row: OutboxRow, producer: Producer, publishedAt: Date): Message {
  const subject = `${producer.namespace}.iam.${row.type}.v${row.version}`
  const envelope: EventEnvelope = {
    eventId: row.eventId,
    subject,
    eventVersion: row.version,
    occurredAt: row.occurredAt.toISOString(),
    publishedAt: publishedAt.toISOString(),
    producer: producer.name,
    producerVersion: producer.version,
    tenantId: row.tenantId,
    orderingKey: row.orderingKey,
    sequence: Number(row.sequence),
    traceparent: row.traceparent,
    correlationId: row.correlationId,
    ...(row.causationId === null ? {} : { causationId: row.causationId }),
    idempotencyKey: row.eventId,
    retentionClass: row.retentionClass,
    payload: row.payload,
  }
  return {
    topic: topicOf(producer.namespace, row.type),
    orderingKey: row.orderingKey,
    data: Buffer.from(JSON.stringify(envelope)),
    attributes: { subject, eventId: row.eventId, tenantId: row.tenantId },
  }
}
