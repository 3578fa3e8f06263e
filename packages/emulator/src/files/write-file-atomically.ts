import { renameSync, writeFileSync } from 'node:fs'

/** Writes a file that only its owner may read. A reader finds the old content or the new, never a part:
 *  renaming inside one directory is atomic. */
export function writeFileAtomically(path: string, content: string | Buffer): void {
  const unfinished = `${path}.unfinished`
  writeFileSync(unfinished, content, { mode: 0o600 })
  renameSync(unfinished, path)
}
