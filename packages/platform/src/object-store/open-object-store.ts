import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DirectoryStore } from './directory-store.ts'
import type { ObjectStore } from './object-store.ts'
import { openGcsStore } from './open-gcs-store.ts'

export interface ObjectStoreOptions {
  /** `gs://<bucket>`, or `file:///<directory>`: a volume that whoever serves the objects mounts as well. */
  readonly url: string
  /** `http://host:port` of an emulator of Cloud Storage; a directory has no use for it. */
  readonly endpoint?: string | undefined
}

/** Opens the place that a URL names. Refuses a directory that is not there: its volume may not be mounted yet. */
export async function openObjectStore({ url, endpoint }: ObjectStoreOptions): Promise<ObjectStore> {
  const bucket = /^gs:\/\/([^/]+)$/.exec(url)?.[1]
  if (bucket !== undefined) return openGcsStore({ bucket, endpoint })
  if (!url.startsWith('file:///')) throw new TypeError(`'${url}' names no bucket and no directory`)
  const directory = fileURLToPath(url)
  if (!(await stat(directory)).isDirectory()) throw new Error(`${directory} is not a directory`)
  return new DirectoryStore(directory)
}
