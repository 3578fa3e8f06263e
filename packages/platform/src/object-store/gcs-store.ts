import { type Bucket, Storage } from '@google-cloud/storage'
import { ObjectChangedError } from './object-changed-error.ts'
import { requireObjectName } from './object-name.ts'
import type { ObjectStore, StoredObject, WriteOptions } from './object-store.ts'

/** In seconds. Who writes tries again by itself, and should soon know. */
const retryOptions = { maxRetries: 2, maxRetryDelay: 1, totalTimeout: 20 }

/** A Cloud Storage bucket through the official client, which checks checksums and retries what may be
 *  retried. */
export class GcsStore implements ObjectStore {
  readonly #bucket: Bucket

  /** `timeoutMs` is for each attempt. */
  constructor(bucketName: string, endpoint: string | undefined, timeoutMs: number) {
    const storage = new Storage({
      retryOptions,
      timeout: timeoutMs, // the client has none of its own
      // To an endpoint that is not Google's the client sends no credentials, so it looks for none.
      ...(endpoint !== undefined && { apiEndpoint: endpoint }),
    })
    this.#bucket = storage.bucket(bucketName)
  }

  async read(name: string): Promise<StoredObject | undefined> {
    requireObjectName(name)
    try {
      return await this.#download(name)
    } catch (error) {
      if (hasCode(error, 404)) return undefined
      throw error
    }
  }

  async write(name: string, body: Buffer, options: WriteOptions): Promise<string> {
    requireObjectName(name)
    const { contentType, cacheControl, ifGeneration } = options
    const file = this.#bucket.file(name)
    try {
      await file.save(body, {
        resumable: false, // one request instead of two
        contentType,
        metadata: { ...(cacheControl !== undefined && { cacheControl }) },
        ...(ifGeneration !== undefined && { preconditionOpts: { ifGenerationMatch: ifGeneration } }),
      })
    } catch (error) {
      // Also when an attempt landed and only its answer was lost: the client's retry then meets its own
      // object.
      if (hasCode(error, 412)) throw new ObjectChangedError(name, ifGeneration ?? '', { cause: error })
      throw error
    }
    return String(file.metadata.generation)
  }

  async delete(name: string): Promise<void> {
    requireObjectName(name)
    await this.#bucket.file(name).delete({ ignoreNotFound: true })
  }

  /** One request, so that body and generation belong together. */
  async #download(name: string): Promise<StoredObject> {
    const stream = this.#bucket.file(name).createReadStream()
    let generation: unknown
    stream.on('response', ({ headers }: { headers: Record<string, unknown> }) => {
      generation = headers['x-goog-generation']
    })
    const chunks = (await stream.toArray()) as Buffer[]
    if (typeof generation !== 'string') throw new Error(`Cloud Storage gave ${name} without a generation`)
    return { body: Buffer.concat(chunks), generation }
  }
}

function hasCode(error: unknown, code: number): boolean {
  return (error as { code?: unknown }).code === code
}
