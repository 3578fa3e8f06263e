import { BigQueryError, invalid, notFound } from './big-query-error.ts'

export interface Field {
  readonly name: string
  readonly type: string
  readonly mode?: string
}

/** As the emulator keeps it: times are milliseconds since the epoch. */
export type Row = Readonly<Record<string, string | number | null>>

export interface Table {
  readonly fields: readonly Field[]
  readonly rows: Row[]
}

/** The tables of one project, by `dataset.table`. */
export class Tables {
  readonly #datasets: ReadonlySet<string>
  readonly #tables = new Map<string, Table>()

  constructor(datasets: readonly string[]) {
    this.#datasets = new Set(datasets)
  }

  get(dataset: string, table: string): Table {
    const found = this.#tables.get(`${dataset}.${table}`)
    if (found === undefined) throw notFound(`Table ${dataset}.${table}`)
    return found
  }

  /** Adds lines of JSON to a table, all or none; the table is made where there is none. */
  append(
    dataset: string,
    table: string,
    { fields, lines }: { fields: readonly Field[]; lines: string },
  ): number {
    if (!this.#datasets.has(dataset)) throw notFound(`Dataset ${dataset}`)
    const there = this.#tables.get(`${dataset}.${table}`) ?? { fields, rows: [] }
    if (JSON.stringify(there.fields) !== JSON.stringify(fields))
      throw invalid(`Provided Schema does not match Table ${dataset}.${table}.`)
    const rows = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => readRow(fields, line))
    this.#tables.set(`${dataset}.${table}`, there)
    there.rows.push(...rows)
    return rows.length
  }
}

function readRow(fields: readonly Field[], line: string): Row {
  const read = JSON.parse(line) as Record<string, unknown>
  const unknown = Object.keys(read).find((name) => !fields.some((field) => field.name === name))
  if (unknown !== undefined) throw new BigQueryError(400, 'invalid', `No such field: ${unknown}.`)
  return Object.fromEntries(fields.map((field) => [field.name, readValue(field, read[field.name] ?? null)]))
}

/** A value of a column or a parameter. */
export function readValue({ name, type, mode }: Field, value: unknown): string | number | null {
  if (value === null) {
    if (mode === 'REQUIRED') throw invalid(`Missing required field: ${name}.`)
    return null
  }
  if (type === 'TIMESTAMP' && typeof value === 'string') return timeOf(name, value)
  if (type === 'INT64' || type === 'INTEGER') return numberOf(name, value)
  if (type === 'STRING' && typeof value === 'string') return value
  throw invalid(`Field ${name} has no value of type ${type}.`)
}

function timeOf(name: string, text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw invalid(`Field ${name} has no time: ${text}.`)
  return time
}

function numberOf(name: string, value: unknown): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw invalid(`Field ${name} has no whole number.`)
  return number
}
