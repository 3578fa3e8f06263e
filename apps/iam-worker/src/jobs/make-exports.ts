import { tendExports, type ExportDocument } from '@iam/domain/data-request'
import { openObjectStore } from '@iam/platform/object-store'
import type { JobDeps, JobResult, JobTurn } from './job.ts'

/**
 * Makes the exports of personal data that were asked for, and deletes those that are over. Does nothing where this
 * deployment has no place for them.
 * @throws while the secrets are not loaded: the queue brings it again.
 */
export async function makeExports(
  { config, db, clock, secrets }: JobDeps,
  { signal }: Pick<JobTurn, 'signal'>,
): Promise<JobResult> {
  const { exportStore } = config
  if (exportStore === undefined) return { made: 0, deleted: 0 }
  if (!secrets.isComplete(clock())) throw new Error('The secrets are not loaded yet.')
  const exports = await openObjectStore(exportStore)
  return { ...(await tendExports({ db, clock, secrets, exports, renderPdf }, { signal })) }
}

/** What makes PDFs is megabytes to load: only when somebody asked for one. */
async function renderPdf(document: ExportDocument): Promise<Buffer> {
  const { renderExport } = await import('../data-exports/render-export.ts')
  return renderExport(document)
}
