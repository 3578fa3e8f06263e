/** A column of a cold table. A time is given and had as ISO 8601, to the millisecond. */
export interface ColdColumn {
  readonly name: string
  readonly type: 'text' | 'integer' | 'time'
  readonly nullable: boolean
}

/** What a table of old rows is. Adapters make it where it is missing. */
export interface ColdTable {
  readonly name: string
  readonly columns: readonly ColdColumn[]
  /** The time by which it is partitioned, where the place has partitions. */
  readonly time: string
  /** What the rows of a part are ordered by. */
  readonly order: readonly [string, ...string[]]
}

export type ColdRow = Readonly<Record<string, string | number | null>>

/** Some of a month's rows, in one piece. */
export interface ColdPart {
  /** As `2026-08`. */
  readonly month: string
  readonly number: number
}

/**
 * A place for rows that are too old for the database: written once, part by part, and read back as written. Whatever
 * is written twice is there once, also by two writers at the same time.
 */
export interface ColdStore {
  /** Writes a part, whole or not at all. @throws ColdStoreConflict when it is there already with other rows. */
  writePart(part: ColdPart, rows: readonly ColdRow[]): Promise<void>
  /** A part's rows, in their order; none when it was not written. */
  readPart(part: ColdPart): Promise<ColdRow[]>
  /** Writes what a month came to. @throws ColdStoreConflict when something else is there already. */
  writeManifest(month: string, text: string): Promise<void>
  readManifest(month: string): Promise<string | undefined>
}

/** Something else is there already: nothing was written. */
export class ColdStoreConflict extends Error {
  override readonly name = 'ColdStoreConflict'

  constructor(what: string, options?: ErrorOptions) {
    super(`${what} is in the cold store already, with something else in it`, options)
  }
}

/** How errors and names call a part. */
export function partLabel({ month, number }: ColdPart): string {
  return `${month}-${String(number).padStart(5, '0')}`
}

/** Whether two lists of rows say the same. */
export function sameRows(some: readonly ColdRow[], others: readonly ColdRow[], table: ColdTable): boolean {
  const spelt = (rows: readonly ColdRow[]) =>
    JSON.stringify(rows.map((row) => table.columns.map(({ name }) => row[name] ?? null)))
  return some.length === others.length && spelt(some) === spelt(others)
}
