import { readFile, rename, writeFile } from 'node:fs/promises'

/** The last good document on disk: what a restart begins with when the object store is away. */
export async function readCopy(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  return readFile(file, 'utf8').catch(() => undefined)
}

/** Keeps a document. Written beside and moved, so that a crash leaves the old one or the new one. */
export async function keepCopy(file: string | undefined, document: string): Promise<void> {
  if (file === undefined) return
  await writeFile(`${file}.new`, document)
  await rename(`${file}.new`, file)
}
