import type { ExportDocument } from '@iam/domain/data-request'
import { renderReport } from '@iam/platform/pdf'
import { exportReport } from './export-report.ts'

/** An export as PDF. */
export function renderExport(document: ExportDocument): Promise<Buffer> {
  return renderReport(exportReport(document))
}
