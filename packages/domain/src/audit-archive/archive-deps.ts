import type { Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import type { HeldLease } from '../lease/index.ts'
import type { AuditColdStore } from './cold-store.ts'

/** What a month is archived with. */
export interface ArchiveDeps {
  readonly db: Pick<Db, 'kysely'>
  readonly clock: Clock
  readonly store: AuditColdStore
  readonly lease: HeldLease
  /** Thumbprints of the keys that may sign heads. */
  readonly anchors: readonly string[]
  /** Called between any two steps: keeps the lease. @throws when it is lost, or when this is to stop. */
  readonly goOn: () => Promise<void>
  /** Hears how it goes. */
  readonly report: (done: { readonly month: string; readonly step: string; readonly rows: number }) => void
  readonly rowsPerPart: number
}

/** The cold copy of a month is not what it has to be, and the month stays where it is. */
export class AuditArchiveFault extends Error {
  override readonly name = 'AuditArchiveFault'
}
