import type { Statement } from './db.ts'

/**
 * Under whose row-level security a transaction runs, and the event streams it appends to. The streams' locks
 * are taken before anything is written: a transaction gets its id with its first write, and only ids given
 * under the lock follow the order in which a stream's transactions commit.
 */
export interface Scope {
  readonly tenantId: string
  /** Their keys, or a statement that finds and locks them. */
  readonly streams?: readonly string[] | Statement
  /** What locks streams that only those can find who hold the first ones. */
  readonly furtherStreams?: Statement
}

/** The ordering key of an aggregate's events. */
export function streamKey(tenantId: string, aggregateId: string): string {
  return `${tenantId}:${aggregateId}`
}

/** The statements that open a scope. Setting the tenant is always its own statement, and the first. */
export function openScope(scope: Scope): Statement[] {
  const tenant = setTenant(scope.tenantId)
  if (scope.streams === undefined) return [tenant]
  const first = 'sql' in scope.streams ? scope.streams : lockStreams(scope.streams)
  return scope.furtherStreams === undefined ? [tenant, first] : [tenant, first, scope.furtherStreams]
}

/** Sets the tenant for the rest of the transaction. */
export function setTenant(tenantId: string): Statement {
  return { sql: "select set_config('app.tenant_id', $1, true)", parameters: [tenantId] }
}

/** Locks are taken in one order by everyone, so that two transactions with two streams cannot deadlock. */
function lockStreams(streams: readonly string[]): Statement {
  return {
    sql: `select pg_advisory_xact_lock(k) from (
            select hashtextextended(s, 0) as k from unnest($1::text[]) s order by 1 offset 0
          ) ordered`,
    parameters: [streams],
  }
}
