import { run, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { userKeyOf } from '../user/index.ts'
import type { DataRequestDeps } from './deps.ts'
import { openSecrets } from './export-secrets.ts'
import { findRequest } from './queries.ts'

/** The token of an export’s link, for the mail. @returns undefined once the link opens nothing any more. */
export async function exportToken(
  deps: Pick<DataRequestDeps, 'secrets' | 'clock'>,
  tx: Executor,
  {
    tenantId,
    userId,
    id,
  }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly id: Id<'dsr'> },
): Promise<string | undefined> {
  const found = await findRequest(tx, { tenantId, id })
  if (found?.userId !== userId || found.endedAt !== null || found.expiresAt === null) return undefined
  if (found.expiresAt <= deps.clock()) return undefined
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  return openSecrets(deps, { userId, userKey }, found)?.token
}
