import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { withFileLock } from './file-lock.ts'
import { ObjectChangedError } from './object-changed-error.ts'
import { requireObjectName } from './object-name.ts'
import type { ObjectStore, StoredObject, WriteOptions } from './object-store.ts'

/**
 * A directory, such as a mounted volume: each object is the plain file of its name, for others to read as
 * well. Its generation is a hash of its content, so it needs no record beside the file, and a content that
 * comes back is the same generation again. `contentType` and `cacheControl` are the business of who serves
 * the files.
 */
export class DirectoryStore implements ObjectStore {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async read(name: string): Promise<StoredObject | undefined> {
    requireObjectName(name)
    try {
      const body = await readFile(join(this.#directory, name))
      return { body, generation: generationOf(body) }
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw error
    }
  }

  async write(name: string, body: Buffer, { ifGeneration }: WriteOptions): Promise<string> {
    requireObjectName(name)
    const path = join(this.#directory, name)
    await mkdir(dirname(path), { recursive: true })
    // Hidden, like a file that is not finished: no object can have such a name.
    await withFileLock(join(dirname(path), `.${basename(path)}.lock`), async () => {
      const stored = ifGeneration === undefined ? undefined : ((await this.read(name))?.generation ?? '0')
      if (ifGeneration !== stored) throw new ObjectChangedError(name, String(ifGeneration))
      await replace(path, body)
    })
    return generationOf(body)
  }

  async delete(name: string): Promise<void> {
    requireObjectName(name)
    await unlink(join(this.#directory, name)).catch((error: unknown) => {
      if (!isAbsence(error)) throw error
    })
  }
}

/** A reader finds the old content or the new one, never a part, also after a power cut. */
async function replace(path: string, body: Buffer): Promise<void> {
  const unfinished = join(dirname(path), `.${randomUUID()}.unfinished`)
  try {
    const file = await open(unfinished, 'wx')
    try {
      await file.writeFile(body)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

function generationOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32)
}

/** Nothing there, a folder there, or a file where the name has a folder. */
function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'EISDIR', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))
}
