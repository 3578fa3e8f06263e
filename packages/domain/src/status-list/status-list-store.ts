import type { ObjectStore } from '../signing-key/index.ts'

/** Where status lists are put for iam-jwks to read. */
export interface StatusListStore {
  read(id: string): Promise<{ readonly body: Buffer; readonly generation: string } | undefined>
  /** Refuses when the stored generation is another by then. @param ifGeneration `'0'`: nothing is stored yet. @returns the new one. */
  write(id: string, document: string, ifGeneration: string): Promise<string>
}

const nameOf = (id: string) => `status-lists/${id}.jwt`
const options = { contentType: 'application/statuslist+jwt', cacheControl: 'no-store' }

/** The lists' places in an object store. They are not to be cached there: iam-jwks decides what caches may do. */
export function statusListStoreIn(store: ObjectStore): StatusListStore {
  return {
    read: (id) => store.read(nameOf(id)),
    write: (id, document, ifGeneration) =>
      store.write(nameOf(id), Buffer.from(document), { ...options, ifGeneration }),
  }
}
