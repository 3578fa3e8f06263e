import type { Db } from '@iam/domain/db'
import type { Clock } from '@iam/domain/kit'
import type { Producer } from '@iam/domain/outbox'
import type { WorkMetrics } from '@iam/platform/metrics'
import type { Tracing } from '@iam/platform/telemetry'
import type { Publisher } from './publisher.ts'

/** What relaying needs. */
export interface RelayDeps {
  readonly db: Pick<Db, 'kysely'>
  readonly clock: Clock
  readonly publisher: Publisher
  readonly producer: Producer
  /** None: the spans of the requests are handed on as they are. */
  readonly tracing?: Pick<Tracing, 'start'>
  readonly metrics?: Pick<WorkMetrics, 'published' | 'notPublished'>
  readonly log: {
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}
