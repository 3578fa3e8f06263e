import { openObjectStore } from '../object-store/index.ts'
import type { ColdStore, ColdTable } from './cold-store.ts'

export interface ColdStoreOptions {
  /** `bigquery://<project>/<dataset>`, with `?location=…`; `gs://<bucket>` or `file:///<directory>` for Parquet files. */
  readonly url: string
  /** `http://host:port` of an emulator; a directory has no use for it. */
  readonly endpoint?: string | undefined
}

/** Opens a table at the place that a URL names. What reads and writes it is loaded here, and nowhere before. */
export async function openColdStore(
  { url, endpoint }: ColdStoreOptions,
  table: ColdTable,
): Promise<ColdStore> {
  const { host, pathname, protocol, searchParams } = new URL(url)
  if (protocol === 'bigquery:') {
    const { BigQueryStore } = await import('./big-query-store.ts')
    const location = searchParams.get('location') ?? undefined
    return new BigQueryStore({ project: host, dataset: pathname.slice(1), location, endpoint }, table)
  }
  const { ParquetStore } = await import('./parquet-store.ts')
  return new ParquetStore(await openObjectStore({ url, endpoint }), table)
}
