import type { ExportFormat } from '@iam/domain/data-request'

const types = { json: 'application/json; charset=utf-8', pdf: 'application/pdf' } as const

/** The headers of a file with everything that is known of somebody: kept by nobody, and shown inside no page. */
export function exportHeaders(id: string, format: ExportFormat): Readonly<Record<string, string>> {
  return {
    'content-type': types[format],
    'content-disposition': `attachment; filename="${id}.${format}"`,
    'cache-control': 'no-store, private',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'referrer-policy': 'no-referrer',
  }
}
