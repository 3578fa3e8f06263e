import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DirectoryLock } from '../../files/directory-lock.ts'
import { Journal } from './journal.ts'
import { Table } from './table.ts'
import { writeFileAtomically } from '../../files/write-file-atomically.ts'

/**
 * Everything the emulator remembers: named tables of JSON rows, in a directory or in memory.
 *
 * Rows are written before the call that changed them is answered, so killing the process loses nothing that a
 * client was told. There is no fsync: a power cut may lose the last moments, which is no loss in a dev tool.
 */
export class State {
  /** Names this set of keys and messages; a database prepared against another one cannot be used with it. */
  readonly deploymentId: string
  readonly #tables = new Map<string, Table<unknown>>()
  readonly #journal: Journal | undefined
  readonly #lock: DirectoryLock | undefined

  /** Opens the state in `directory`, creating it when needed; in memory without one.
   *  Refuses a directory that another running emulator holds, and a damaged journal. */
  constructor(directory: string | undefined) {
    if (directory === undefined) {
      this.deploymentId = randomUUID()
      return
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#lock = new DirectoryLock(directory)
    this.deploymentId = readOrCreateDeploymentId(directory)
    this.#journal = new Journal(join(directory, 'journal.jsonl'), (entry) => {
      this.table(entry.table).restore(entry.key, entry.row)
    })
    this.#compact(this.#journal)
  }

  /** The table of that name; its rows are what was last stored under it. The caller knows the type of its own
   *  rows. */
  table<Row>(name: string): Table<Row> {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = new Table((key, row) => this.#record({ table: name, key, row }))
      this.#tables.set(name, table)
    }
    return table as Table<Row>
  }

  close(): void {
    this.#journal?.close()
    this.#lock?.release()
  }

  #record(entry: { table: string; key: string; row: unknown }): void {
    if (this.#journal === undefined) return
    this.#journal.append(entry)
    if (this.#journal.lines > 10_000 && this.#journal.lines > 4 * this.#rows()) this.#compact(this.#journal)
  }

  #rows(): number {
    let rows = 0
    for (const table of this.#tables.values()) rows += table.size
    return rows
  }

  #compact(journal: Journal): void {
    const entries = [...this.#tables].flatMap(([name, table]) =>
      [...table.entries()].map(([key, row]) => ({ table: name, key, row })),
    )
    journal.rewrite(entries)
  }
}

function readOrCreateDeploymentId(directory: string): string {
  const path = join(directory, 'deployment-id')
  if (!existsSync(path)) writeFileAtomically(path, `${randomUUID()}\n`)
  return readFileSync(path, 'utf8').trim()
}
