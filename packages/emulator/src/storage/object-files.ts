import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomically } from '../files/write-file-atomically.ts'
import { crc32cBase64, md5Base64 } from './checksums.ts'
import { invalid, notFound, StorageError } from './storage-error.ts'

/** What is known of a stored object. */
export type StoredObject = {
  bucket: string
  name: string
  /** Grows with every write of any object, as the real one: microseconds since 1970. */
  generation: number
  contentType: string
  cacheControl: string | undefined
  metadata: Record<string, string>
  size: number
  /** Both base64, as the API shows them. */
  crc32c: string
  md5Hash: string
  /** ISO 8601. */
  updated: string
}

export type NewObject = Pick<StoredObject, 'bucket' | 'name' | 'contentType' | 'cacheControl' | 'metadata'>

/**
 * Buckets as directories and each object as one file: a line of JSON about it, then its bytes. One file, so
 * the two cannot disagree; named by a hash, because object names are longer and freer than file names. What
 * is known of the objects is also in memory. Everything is done without a pause in between, so two requests
 * cannot mix.
 */
export class ObjectFiles {
  readonly #directory: string
  readonly #buckets = new Map<string, Map<string, StoredObject>>()
  #lastGeneration = 0

  constructor(directory: string) {
    this.#directory = directory
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) this.#load(entry.name)
    }
  }

  hasBucket(bucket: string): boolean {
    return this.#buckets.has(bucket)
  }

  /** Refuses a name that no bucket can have, and one that is taken. */
  createBucket(bucket: string): void {
    if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket)) throw invalid(`Invalid bucket name: '${bucket}'`)
    if (this.#buckets.has(bucket)) throw new StorageError(409, 'conflict', 'The bucket exists already.')
    mkdirSync(join(this.#directory, bucket))
    this.#buckets.set(bucket, new Map())
  }

  /** The objects of a bucket by name. Refuses a bucket there is none of. */
  bucket(bucket: string): ReadonlyMap<string, StoredObject> {
    return this.#objects(bucket)
  }

  /** Undefined when there is no such object. */
  find(bucket: string, name: string): StoredObject | undefined {
    return this.#objects(bucket).get(name)
  }

  /** Stores an object in the place of what has its name. */
  write(object: NewObject, body: Buffer): StoredObject {
    const objects = this.#objects(object.bucket)
    const bytes = Buffer.byteLength(object.name)
    if (bytes === 0 || bytes > 1024) throw invalid('An object name has 1 to 1024 bytes.')
    this.#lastGeneration = Math.max(this.#lastGeneration + 1, Date.now() * 1000)
    const stored: StoredObject = {
      ...object,
      generation: this.#lastGeneration,
      size: body.length,
      crc32c: crc32cBase64(body),
      md5Hash: md5Base64(body),
      updated: new Date().toISOString(),
    }
    const head = Buffer.from(`${JSON.stringify(stored)}\n`)
    writeFileAtomically(this.#path(object), Buffer.concat([head, body]))
    objects.set(object.name, stored)
    return stored
  }

  read(object: StoredObject): Buffer {
    const file = readFileSync(this.#path(object))
    return file.subarray(file.indexOf('\n') + 1)
  }

  delete(object: StoredObject): void {
    rmSync(this.#path(object))
    this.#objects(object.bucket).delete(object.name)
  }

  #objects(bucket: string): Map<string, StoredObject> {
    const objects = this.#buckets.get(bucket)
    if (objects === undefined) throw notFound(`bucket: ${bucket}`)
    return objects
  }

  #path({ bucket, name }: { bucket: string; name: string }): string {
    return join(this.#directory, bucket, `${createHash('sha256').update(name).digest('hex')}.object`)
  }

  #load(bucket: string): void {
    const objects = new Map<string, StoredObject>()
    const directory = join(this.#directory, bucket)
    // Other names are of files that were being written when the process died.
    for (const file of readdirSync(directory).filter((name) => name.endsWith('.object'))) {
      const bytes = readFileSync(join(directory, file))
      const stored = JSON.parse(bytes.subarray(0, bytes.indexOf('\n')).toString()) as StoredObject
      objects.set(stored.name, stored)
      this.#lastGeneration = Math.max(this.#lastGeneration, stored.generation)
    }
    this.#buckets.set(bucket, objects)
  }
}
