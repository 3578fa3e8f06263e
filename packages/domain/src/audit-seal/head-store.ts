/** What a place for objects must do. */
interface ObjectStore {
  read(name: string): Promise<{ readonly body: Buffer } | undefined>
  write(
    name: string,
    body: Buffer,
    options: { readonly contentType: string; readonly cacheControl?: string; readonly ifGeneration?: string },
  ): Promise<string>
}

/** Where heads are put for good: in production a bucket whose retention is locked. */
export interface HeadStore {
  /** Writes a head where there is none yet. @throws when another one stands there. */
  keep(name: string, jws: string): Promise<void>
}

/** The heads' place in an object store. */
export function headStoreIn(store: ObjectStore): HeadStore {
  return {
    async keep(name, jws) {
      const there = await store.read(name)
      if (there === undefined) {
        const options = { contentType: 'application/jwt', cacheControl: 'no-store', ifGeneration: '0' }
        await store.write(name, Buffer.from(jws), options)
      } else if (there.body.toString() !== jws) {
        throw new Error(
          `Another audit head stands at ${name} already: somebody else signs, or signed, heads.`,
        )
      }
    },
  }
}
