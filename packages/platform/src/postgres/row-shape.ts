import pg from 'pg'

export type Row = Record<string, unknown>

/** A column as the server describes it. */
export interface Column {
  readonly name: string
  readonly dataTypeID: Parameters<typeof pg.types.getTypeParser>[0]
}

/** How a statement's rows are read: what the server says of them is the same each time that the statement runs. */
export class RowShape {
  readonly #columns: readonly { readonly name: string; readonly parse: (text: string) => unknown }[]

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map(({ name, dataTypeID }) => {
      return { name, parse: pg.types.getTypeParser(dataTypeID, 'text') as (text: string) => unknown }
    })
  }

  /** A row from its values as they came over the wire. */
  read(values: readonly (string | null)[]): Row {
    const row: Row = {}
    for (const [n, { name, parse }] of this.#columns.entries()) {
      const text = values[n] ?? null
      row[name] = text === null ? null : parse(text)
    }
    return row
  }
}
