import { run, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { userKeyOf } from '../user/index.ts'
import { exportDays } from './data-request.ts'
import type { DataRequestDeps } from './deps.ts'
import { openSecrets } from './export-secrets.ts'
import { findRequest } from './queries.ts'

/** A token that opens nothing without its person’s login, and for how many minutes it opens anything. */
export interface ExportToken {
  readonly token: string
  readonly minutes: number
}

/** The token of an export’s link, for the mail. @returns undefined once the link opens nothing any more. */
export async function exportToken(
  deps: Pick<DataRequestDeps, 'secrets' | 'clock'>,
  tx: Executor,
  {
    tenantId,
    userId,
    id,
  }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly id: Id<'dsr'> },
): Promise<ExportToken | undefined> {
  const found = await findRequest(tx, { tenantId, id })
  if (found?.userId !== userId || found.endedAt !== null || found.expiresAt === null) return undefined
  if (found.expiresAt <= deps.clock()) return undefined
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  const opened = openSecrets(deps, { userId, userKey }, found)
  return opened && { token: opened.token, minutes: exportDays * 24 * 60 }
}
