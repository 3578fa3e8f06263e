import type { Database } from '@iam/domain/db'
import { toMessage, type OutboxRow } from '@iam/domain/outbox'
import type { Kysely } from 'kysely'
import { eventFaults } from '../events/index.ts'

const producer = { namespace: 'test', name: 'iam-worker', version: '0' }

/**
 * Holds every event in the outbox against its schema, as the relay would publish it: whatever a test made the
 * code write, consumers must be able to read. @throws naming what is wrong with them.
 */
export async function expectValidEvents(admin: Kysely<Database>): Promise<void> {
  const rows = await admin
    .selectFrom('iam.outbox')
    .select(['xid', 'id', 'tenant_id as tenantId', 'event_id as eventId', 'type', 'version'])
    .select([
      'occurred_at as occurredAt',
      'ordering_key as orderingKey',
      'sequence',
      'payload',
      'traceparent',
    ])
    .select(['correlation_id as correlationId', 'causation_id as causationId'])
    .select('retention_class as retentionClass')
    .execute()
  const faults = rows.flatMap((row) => eventFaults(toMessage(row as OutboxRow, producer, row.occurredAt)))
  if (faults.length > 0)
    throw new Error(`Events that no consumer expects:\n${[...new Set(faults)].join('\n')}`)
}
