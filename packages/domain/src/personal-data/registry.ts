import { accountStores } from './account-stores.ts'
import { recordStores } from './record-stores.ts'
import type { ImpersonalStore, PersonalStore } from './rules.ts'
import { sessionStores } from './session-stores.ts'
import type { ColumnOf, TableName } from './tables.ts'
import { tenantStores } from './tenant-stores.ts'
import { workerStores } from './worker-stores.ts'

/** Every table with every column. Whoever adds one says here what of it is personal, and what becomes of that. */
type Registry = {
  readonly [Table in TableName]: PersonalStore<ColumnOf<Table>> | ImpersonalStore<ColumnOf<Table>>
}

/**
 * The registry of personal data: every column of every table, with its rule for exports and for erasure, or the reason
 * why it says nothing of a person. Exports are made by it, and erasures are held against it.
 */
export const registry: Registry = {
  ...accountStores,
  ...sessionStores,
  ...recordStores,
  ...tenantStores,
  ...workerStores,
}

export type PersonalTable = readonly [table: TableName, store: PersonalStore]

/** The tables that have something of people. */
export const personalTables: readonly PersonalTable[] = (
  Object.entries(registry) as [TableName, PersonalStore | ImpersonalStore][]
).flatMap(([table, store]) => ('nobodys' in store ? [] : [[table, store] as const]))

/** Where else something of a person is, or was: no columns, so each is said in words. */
export const otherStores = {
  cache: {
    about:
      'Redis: sessions that were looked up, links that wait, points of limits under keyed hashes of addresses.',
    exported: 'Copies of what the tables have.',
    erased: 'Ended sessions are covered at once; everything else runs out within a day.',
  },
  exportedFiles: {
    about: 'Files of exports in their bucket, encrypted.',
    exported: 'They are the export.',
    erased:
      'Nothing opens them once the person’s key is destroyed; they are deleted by the next run of `data-exports`.',
  },
  coldStore: {
    about:
      'The cold store of the audit trail: events older than 90 days, personal values sealed as in `audit_event`.',
    exported: 'Not with the person’s other data: by operators, with `iam audit export`.',
    erased: 'Nothing opens what is personal there once the person’s key is destroyed.',
  },
  logs: {
    about: 'Logs and traces.',
    exported: 'Ids and words of a list alone.',
    erased: 'Nothing: they have nothing of a person.',
  },
  broker: {
    about: 'Pub/Sub.',
    exported: 'Ids and words of a list, as in `events`.',
    erased: 'Nothing: ids alone.',
  },
} as const
