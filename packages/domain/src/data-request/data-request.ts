import type { Id } from '../kit/index.ts'

/** Who asked: the person, somebody who administers them, or another service in their name. */
export type AskedBy = 'person' | 'administrator' | 'operator' | 'service'

/** The forms that an export comes in: JSON is the authoritative one, the PDF says the same to read. */
export const exportFormats = ['json', 'pdf'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** How long the link to an export lives, in days. */
export const exportDays = 30
/** How often its files can be fetched: enough for both and some mishaps, and too few to be a place to keep them. */
export const mostDownloads = 10

/** A request by data protection law (GDPR Articles 15, 17 and 20). */
export interface DataRequest {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'dsr'>
  readonly userId: Id<'usr'>
  readonly kind: 'export' | 'erasure'
  readonly askedAt: Date
  readonly completedAt: Date | null
  readonly expiresAt: Date | null
  readonly endedAt: Date | null
}

/** An export with what opens it. */
export interface StoredExport extends DataRequest {
  readonly causationId: string | null
  readonly object: string | null
  readonly sealed: Buffer | null
  readonly downloads: number
}

/** What a file of an export is called in the store. */
export function fileName(object: string, format: ExportFormat): string {
  return `exports/${object}.${format}`
}
