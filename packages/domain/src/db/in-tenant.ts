import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  Transaction,
  UnknownRow,
} from 'kysely'
import type { DB } from './database.generated.ts'
import type { Db } from './db.ts'
import { run } from './run.ts'
import { openScope, type Scope } from './scope.ts'

/**
 * Runs `work` in one transaction under the scope's tenant and streams, and commits when it returns. For
 * ordinary verbs. A query on the transaction after it ended throws, instead of landing on whatever
 * transaction its connection serves by then.
 */
export async function inTenant<T>(
  db: Pick<Db, 'kysely' | 'eventsCommitted'>,
  scope: Scope,
  work: (tx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  const result = await db.kysely.transaction().execute(async (bare) => {
    const guard = new RefuseWhenEnded()
    const tx = bare.withPlugin(guard)
    try {
      for (const statement of openScope(scope)) await run(tx, statement)
      return await work(tx)
    } finally {
      guard.end()
    }
  })
  if (scope.streams !== undefined) db.eventsCommitted?.()
  return result
}

class RefuseWhenEnded implements KyselyPlugin {
  #ended = false

  end(): void {
    this.#ended = true
  }

  transformQuery(args: PluginTransformQueryArgs): RootOperationNode {
    if (this.#ended)
      throw new Error('This transaction has ended: a query was started after its work returned.')
    return args.node
  }

  async transformResult(args: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return args.result
  }
}
