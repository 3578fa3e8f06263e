import type { Db } from '@iam/domain/db'
import type { Clock } from '@iam/domain/kit'
import type { SecretRings } from '@iam/domain/secret-key'
import type { WorkMetrics } from '@iam/platform/metrics'
import type { OutgoingMessage } from '@iam/platform/pubsub'
import type { Tracing } from '@iam/platform/telemetry'

/** What taking events in needs. */
export interface InboxDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly region: string
  readonly audience: string
  /** What subjects begin with. */
  readonly namespace: string
  /** Called for each message that is put aside. */
  readonly onPutAside: () => void
  readonly publisher: { publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> }
  readonly tracing: Pick<Tracing, 'start'>
  readonly metrics: Pick<WorkMetrics, 'received'>
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}
