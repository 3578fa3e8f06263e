import { parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { ObjectChangedError, type ObjectStore } from '../object-store/index.ts'
import {
  ColdStoreConflict,
  partLabel,
  sameRows,
  type ColdColumn,
  type ColdPart,
  type ColdRow,
  type ColdStore,
  type ColdTable,
} from './cold-store.ts'

const onlyOnce = { ifGeneration: '0', cacheControl: 'no-store' } as const
const parquetType = { text: 'STRING', integer: 'INT64', time: 'TIMESTAMP' } as const

/** Parquet files in an object store, `<table>/<month>/part-<number>.parquet`, with the manifest beside them. */
export class ParquetStore implements ColdStore {
  readonly #objects: ObjectStore
  readonly #table: ColdTable

  constructor(objects: ObjectStore, table: ColdTable) {
    this.#objects = objects
    this.#table = table
  }

  async writePart(part: ColdPart, rows: readonly ColdRow[]): Promise<void> {
    const body = Buffer.from(
      parquetWriteBuffer({ columnData: this.#table.columns.map((column) => columnOf(column, rows)) }),
    )
    const options = { ...onlyOnce, contentType: 'application/vnd.apache.parquet' }
    try {
      await this.#objects.write(this.#partName(part), body, options)
    } catch (cause) {
      if (!(cause instanceof ObjectChangedError)) throw cause
      // Somebody wrote it: we, before an end that cut us off, or another writer at this moment.
      if (!sameRows(await this.readPart(part), rows, this.#table))
        throw new ColdStoreConflict(`Part ${partLabel(part)}`, { cause })
    }
  }

  async readPart(part: ColdPart): Promise<ColdRow[]> {
    const stored = await this.#objects.read(this.#partName(part))
    if (stored === undefined) return []
    const { buffer, byteOffset, byteLength } = stored.body
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
    const rows = await parquetReadObjects({ file })
    return rows.map((row) => this.#rowOf(row))
  }

  async writeManifest(month: string, text: string): Promise<void> {
    const options = { ...onlyOnce, contentType: 'application/json' }
    try {
      await this.#objects.write(this.#manifestName(month), Buffer.from(text), options)
    } catch (cause) {
      if (!(cause instanceof ObjectChangedError)) throw cause
      if ((await this.readManifest(month)) !== text)
        throw new ColdStoreConflict(`The manifest of ${month}`, { cause })
    }
  }

  async readManifest(month: string): Promise<string | undefined> {
    return (await this.#objects.read(this.#manifestName(month)))?.body.toString()
  }

  #partName({ month, number }: ColdPart): string {
    return `${this.#table.name}/${month}/part-${String(number).padStart(5, '0')}.parquet`
  }

  #manifestName(month: string): string {
    return `${this.#table.name}/${month}/manifest.json`
  }

  #rowOf(read: Readonly<Record<string, unknown>>): ColdRow {
    return Object.fromEntries(
      this.#table.columns.map(({ name, type }) => [name, valueOf(type, read[name] ?? null)]),
    )
  }
}

function columnOf({ name, type, nullable }: ColdColumn, rows: readonly ColdRow[]) {
  const data = rows.map((row) => {
    const value = row[name] ?? null
    if (value === null) return value
    if (type === 'integer') return BigInt(value)
    return type === 'time' ? new Date(value) : value
  })
  return { name, type: parquetType[type], nullable, data }
}

function valueOf(type: ColdColumn['type'], value: unknown): string | number | null {
  if (value === null) return null
  if (type === 'integer') return Number(value)
  return type === 'time' ? (value as Date).toISOString() : (value as string)
}
