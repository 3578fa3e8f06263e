import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { writeFileAtomically } from '../../files/write-file-atomically.ts'

/** One change: the row now stored under the key of the table, or no row when it was deleted. */
export type JournalEntry = { table: string; key: string; row: unknown }

/**
 * An append-only file with one JSON line a change. Appending costs microseconds whatever the size of the
 * state, where rewriting a snapshot for each message would not.
 */
export class Journal {
  readonly #path: string
  /** Undefined once closed: its number may by then belong to another file of the process. */
  #file: number | undefined
  #lines = 0

  /** Opens the journal and hands every entry in it to `restore`, oldest first. Refuses a damaged line. */
  constructor(path: string, restore: (entry: JournalEntry) => void) {
    this.#path = path
    for (const line of completeLines(path)) {
      restore(parse(path, line))
      this.#lines += 1
    }
    this.#file = openSync(path, 'a', 0o600)
  }

  /** How many lines the file has, superseded ones included. */
  get lines(): number {
    return this.#lines
  }

  append(entry: JournalEntry): void {
    writeSync(this.#open(), toLine(entry))
    this.#lines += 1
  }

  /** Replaces the whole file by these entries: a reader finds the old or the new one, never a part. */
  rewrite(entries: readonly JournalEntry[]): void {
    closeSync(this.#open())
    writeFileAtomically(this.#path, entries.map(toLine).join(''))
    this.#file = openSync(this.#path, 'a', 0o600)
    this.#lines = entries.length
  }

  /** Closing twice does nothing more; everything else is refused from then on. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #open(): number {
    if (this.#file === undefined) throw new Error('The emulator has been stopped')
    return this.#file
  }
}

function toLine(entry: JournalEntry): string {
  return `${JSON.stringify([entry.table, entry.key, entry.row])}\n`
}

/** A line without its newline was being written when the process was killed: nobody was told of it, so it is
 *  dropped. */
function completeLines(path: string): string[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

function parse(path: string, line: string): JournalEntry {
  try {
    // JSON has no undefined: the row of a deleted key reads back as null.
    const [table, key, row] = JSON.parse(line) as [string, string, unknown]
    return { table, key, row: row ?? undefined }
  } catch (cause) {
    throw new Error(`The emulator's journal ${path} is damaged: reset its directory`, { cause })
  }
}
