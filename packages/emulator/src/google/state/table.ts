/** A map of JSON rows in order of insertion, which tells its journal about each change. Rows are never
 *  changed in place. */
export class Table<Row> {
  readonly #rows = new Map<string, Row>()
  readonly #record: (key: string, row: Row | undefined) => void

  constructor(record: (key: string, row: Row | undefined) => void) {
    this.#record = record
  }

  get size(): number {
    return this.#rows.size
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  has(key: string): boolean {
    return this.#rows.has(key)
  }

  values(): IterableIterator<Row> {
    return this.#rows.values()
  }

  entries(): IterableIterator<[string, Row]> {
    return this.#rows.entries()
  }

  set(key: string, row: Row): void {
    this.#rows.set(key, row)
    this.#record(key, row)
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#record(key, undefined)
  }

  /** Takes back a row read from the journal, without recording it again; no row means it was deleted. */
  restore(key: string, row: Row | undefined): void {
    if (row === undefined) this.#rows.delete(key)
    else this.#rows.set(key, row)
  }
}
