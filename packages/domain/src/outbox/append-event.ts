import { streamKey, type Statement } from '../db/index.ts'
import { newId, type RequestOrigin } from '../kit/index.ts'
import { eventTypes, type DomainEvent } from './domain-event.ts'

export interface NewEvent {
  readonly tenantId: string
  /** The aggregate whose events keep their order; its stream must be in the transaction's scope. */
  readonly aggregateId: string
  readonly at: Date
  readonly event: DomainEvent
  readonly origin?: Pick<RequestOrigin, 'requestId' | 'traceparent'>
  /** The event of another service that it came of. */
  readonly causationId?: string
}

/** The insert of one event with its stream's next sequence, to stand in the transaction that makes it true. */
export function appendEvent({ tenantId, aggregateId, at, event, origin, causationId }: NewEvent): Statement {
  const { version, retention } = eventTypes[event.type]
  return {
    sql: `with stream as (
            insert into iam.outbox_stream as s (tenant_id, ordering_key, last_sequence) values ($1, $6, 1)
            on conflict (tenant_id, ordering_key) do update set last_sequence = s.last_sequence + 1
            returning s.last_sequence
          )
          insert into iam.outbox
            (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
             traceparent, correlation_id, causation_id, retention_class)
          select $1, $2, $3, $4, $5, $6, stream.last_sequence, $7, $8, $9, $10, $11 from stream`,
    parameters: [
      tenantId,
      newId('evt', at),
      event.type,
      version,
      at,
      streamKey(tenantId, aggregateId),
      JSON.stringify(event.payload),
      origin?.traceparent,
      origin?.requestId,
      causationId,
      retention,
    ],
  }
}
