import type { Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

/** A private place for the files of exports. */
export interface ExportStore {
  read(name: string): Promise<{ readonly body: Buffer } | undefined>
  write(
    name: string,
    body: Buffer,
    options: { readonly contentType: string; readonly cacheControl?: string },
  ): Promise<string>
  /** Does nothing where there is none. */
  delete(name: string): Promise<void>
}

/** What the verbs on data requests ask for; each names its share. */
export interface DataRequestDeps {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
}
