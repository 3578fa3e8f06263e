import type { Executor } from './build.ts'
import { run } from './run.ts'
import { setTenant } from './scope.ts'

/**
 * Runs `work` under another tenant inside a transaction, and then goes back to the transaction's own: what an
 * operator does to a tenant stands in both or in none. When `work` throws, the transaction is lost anyway.
 */
export async function underTenant<T>(
  tx: Executor,
  { tenantId, backTo }: { readonly tenantId: string; readonly backTo: string },
  work: () => Promise<T>,
): Promise<T> {
  if (tenantId === backTo) return work()
  await run(tx, setTenant(tenantId))
  const result = await work()
  await run(tx, setTenant(backTo))
  return result
}
