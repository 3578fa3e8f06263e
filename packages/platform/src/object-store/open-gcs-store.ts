import type { ObjectStore } from './object-store.ts'

export interface GcsStoreOptions {
  readonly bucket: string
  /** `http://host:port` of an emulator, asked without credentials; Cloud Storage when absent. */
  readonly endpoint?: string | undefined
  /** Milliseconds for each attempt. */
  readonly timeoutMs?: number
}

/** Opens a bucket, which must exist. */
export async function openGcsStore({
  bucket,
  endpoint,
  timeoutMs = 5_000,
}: GcsStoreOptions): Promise<ObjectStore> {
  // The client takes a quarter of a second and thirty megabytes to load: only who uses it pays for it.
  const { GcsStore } = await import('./gcs-store.ts')
  return new GcsStore(bucket, endpoint, timeoutMs)
}
