import type { Executor, Scope } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'

/** An event of another service, as far as all of them are alike. */
export interface ReceivedEvent {
  /** The same event brought again has the same id. */
  readonly eventId: string
  readonly subject: string
  readonly tenantId: Id<'ten'>
  /** Where it stands among the events about the same thing, if its publisher numbers them: what is lower came before. */
  readonly sequence: number | undefined
  /** When it happened: orders events of which not both are numbered. */
  readonly occurredAt: Date
  /** What it is part of, for whoever follows it through audit, log and trace. */
  readonly origin: Pick<RequestOrigin, 'requestId' | 'traceparent'>
}

/** What an event brings about. */
export interface Effect {
  readonly scope: Scope
  /**
   * What the event tells of, `status` for one: where the events come in another order than they happened in, the
   * latest wins, for each such thing by itself.
   */
  readonly about: string
  readonly apply: (tx: Executor) => Promise<void>
}
