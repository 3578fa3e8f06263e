export interface StoredObject {
  readonly body: Buffer
  /** Names what is stored there now: another content has another one. */
  readonly generation: string
}

export interface WriteOptions {
  readonly contentType: string
  /** A `Cache-Control` value for those who read the object over HTTP. */
  readonly cacheControl?: string
  /** Write only over this generation; '0': only where there is nothing. Over anything when absent. */
  readonly ifGeneration?: string
}

/** A place for small objects, read and written whole. Names are paths of `A-Z a-z 0-9 . _ -`, as in
 *  `key-set/jwks.jwt`; others are refused with a `TypeError`. */
export interface ObjectStore {
  /** Undefined when there is no such object. */
  read(name: string): Promise<StoredObject | undefined>
  /** Gives the generation it wrote. Refuses, with `ObjectChangedError`, when another is stored than
   *  `ifGeneration`. */
  write(name: string, body: Buffer, options: WriteOptions): Promise<string>
  /** Does nothing when there is no such object. */
  delete(name: string): Promise<void>
}
