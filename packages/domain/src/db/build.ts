import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Transaction,
} from 'kysely'
import type { DB } from './database.generated.ts'

/** What a query function takes first: it does not know whether it runs in a transaction. */
export type Executor = Kysely<DB> | Transaction<DB>

/** A query builder without a database, for statements that are compiled here and flown elsewhere. */
export const build = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})
