import { inTenant } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { exportFormats, fileName } from './data-request.ts'
import { makeExport, type MakeExportDeps } from './make-export.ts'
import { findDue, lockRequest, settleExport } from './queries.ts'

export interface TendedExports {
  readonly made: number
  readonly deleted: number
}

/** How many are looked at in one go. */
const batch = 20

/**
 * Makes the exports that were asked for, and deletes the files of those that have run out or were ended. One that fails
 * holds no other back, and comes again.
 * @throws AggregateError when all others are done.
 */
export async function tendExports(
  deps: MakeExportDeps,
  { signal }: { readonly signal: AbortSignal },
): Promise<TendedExports> {
  const done = { made: 0, deleted: 0 }
  const failures: unknown[] = []
  for (const due of await findDue(deps.db.kysely, batch)) {
    if (signal.aborted) break
    try {
      const isOpen = due.completedAt === null && due.endedAt === null
      if (!isOpen) await deleteFiles(deps, due)
      if (isOpen ? await makeExport(deps, due) : true) done[isOpen ? 'made' : 'deleted'] += 1
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Exports could not be tended')
  return done
}

type Named = { readonly tenantId: Id<'ten'>; readonly id: Id<'dsr'> }

/** The row’s lock is not held meanwhile: nobody writes files for a request that is over. */
async function deleteFiles(deps: MakeExportDeps, named: Named): Promise<void> {
  const { tenantId } = named
  const request = await inTenant(deps.db, { tenantId }, (tx) => lockRequest(tx, named))
  const { object = null } = request ?? {}
  if (object !== null) for (const format of exportFormats) await deps.exports.delete(fileName(object, format))
  await inTenant(deps.db, { tenantId }, (tx) => settleExport(tx, { ...named, at: deps.clock() }))
}
