/** What a place for objects must do. */
export interface ObjectStore {
  read(name: string): Promise<{ readonly body: Buffer; readonly generation: string } | undefined>
  write(
    name: string,
    body: Buffer,
    options: { readonly contentType: string; readonly cacheControl?: string; readonly ifGeneration?: string },
  ): Promise<string>
}

/** Where the signed key set is put for iam-jwks to read. */
export interface KeySetStore {
  read(): Promise<{ readonly body: Buffer; readonly generation: string } | undefined>
  /** Refuses when the stored generation is another by then. @param ifGeneration `'0'`: nothing is stored yet. */
  write(document: Buffer, ifGeneration: string): Promise<void>
}

const names = { keySet: 'key-set/jwks.jwt', history: 'key-set/historical.jwt' } as const
const options = { contentType: 'application/jwk-set+jwt', cacheControl: 'no-store' }

/** The key set's place in an object store. It is not to be cached there: iam-jwks decides what caches may do. */
export function keySetStoreIn(store: ObjectStore, document: keyof typeof names = 'keySet'): KeySetStore {
  const name = names[document]
  return {
    read: () => store.read(name),
    write: async (document, ifGeneration) => {
      await store.write(name, document, { ...options, ifGeneration })
    },
  }
}
