import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** Writes JSON so that a reader sees the old content or the new, never half; only its owner may read it. */
export function writeJson(file: string, content: unknown): void {
  const scratch = `${file}.${process.pid}`
  writeFileSync(scratch, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(scratch, file)
}

/** Reads JSON; undefined when there is no such file or it is not JSON. The caller says what it must be. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
