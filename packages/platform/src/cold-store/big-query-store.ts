import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { BigQuery, type BigQueryOptions, type BigQueryTimestamp } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
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

export interface BigQueryPlace {
  readonly project: string
  /** It must exist. */
  readonly dataset: string
  /** The dataset's, where it is not the multi-region US. */
  readonly location: string | undefined
  /** `http://host:port` of an emulator, asked without credentials. */
  readonly endpoint: string | undefined
}

const bigQueryType = { text: 'STRING', integer: 'INT64', time: 'TIMESTAMP' } as const
/** The column that says which part a row came with. */
const partColumn: ColdColumn = { name: 'cold_part', type: 'text', nullable: false }
const month: ColdColumn = { name: 'month', type: 'text', nullable: false }
const body: ColdColumn = { name: 'body', type: 'text', nullable: false }

const attempts = 3
const pollMs = 500
const rowsAtATime = 5_000

/**
 * A BigQuery table, partitioned by month and clustered by part. A part comes in by one load job, which is done whole or
 * not at all, and whose id says what it loads: BigQuery takes an id once, so however often and by whomever it is asked,
 * a part is loaded once. Manifests stand in a table beside it.
 */
export class BigQueryStore implements ColdStore {
  readonly #client: BigQuery
  readonly #place: BigQueryPlace
  readonly #table: ColdTable

  constructor(place: BigQueryPlace, table: ColdTable) {
    const { project: projectId, location, endpoint } = place
    this.#place = place
    this.#table = table
    this.#client = new BigQuery({
      projectId,
      ...(location !== undefined && { location }),
      ...(endpoint !== undefined && { apiEndpoint: endpoint, authClient: noCredentials() }),
    })
  }

  async writePart(part: ColdPart, rows: readonly ColdRow[]): Promise<void> {
    const there = await this.readPart(part)
    if (there.length > 0 && !sameRows(there, rows, this.#table))
      throw new ColdStoreConflict(`Part ${partLabel(part)}`)
    if (there.length > 0 || rows.length === 0) return
    const columns = [...this.#table.columns, partColumn]
    const partitioned = { timePartitioning: { type: 'MONTH', field: this.#table.time } }
    const layout = { ...partitioned, clustering: { fields: [partColumn.name] } }
    const written = rows.map((row) => ({ ...row, [partColumn.name]: partLabel(part) }))
    await this.#load({ table: this.#table.name, key: partLabel(part), columns, rows: written, layout })
  }

  async readPart(part: ColdPart): Promise<ColdRow[]> {
    const { columns, time, order, name } = this.#table
    const from = new Date(`${part.month}-01T00:00:00Z`)
    const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1))
    const where = [`\`${partColumn.name}\` = @part`, `\`${time}\` >= @from`, `\`${time}\` < @to`]
    const query = this.#select({ table: name, columns, where, order })
    return this.#rows(query, { params: { part: partLabel(part), from, to }, columns })
  }

  async writeManifest(name: string, text: string): Promise<void> {
    const there = await this.readManifest(name)
    if (there !== undefined && there !== text) throw new ColdStoreConflict(`The manifest of ${name}`)
    if (there !== undefined) return
    await this.#load({
      table: this.#manifests,
      key: name,
      columns: [month, body],
      rows: [{ month: name, body: text }],
      layout: {},
    })
  }

  async readManifest(name: string): Promise<string | undefined> {
    const columns = [body]
    const where = ['`month` = @month']
    const query = this.#select({ table: this.#manifests, columns, where, order: ['body'] })
    const rows = await this.#rows(query, { params: { month: name }, columns })
    const [text, other] = new Set(rows.map((row) => String(row['body'])))
    if (other !== undefined) throw new ColdStoreConflict(`The manifest of ${name}`)
    return text
  }

  get #manifests(): string {
    return `${this.#table.name}_manifest`
  }

  #select({ table, columns, where, order }: Select): string {
    const { project, dataset } = this.#place
    const named = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ')
    return `SELECT ${named(columns.map(({ name }) => name))} FROM \`${project}.${dataset}.${table}\`
WHERE ${where.join(' AND ')} ORDER BY ${named(order)}`
  }

  /** A query's rows, page by page; none while there is no such table. */
  async #rows(query: string, { params, columns }: Asked): Promise<ColdRow[]> {
    try {
      const [job] = await this.#client.createQueryJob({ query, params })
      const rows: ColdRow[] = []
      for (let pageToken: string | undefined; ; ) {
        const [page, next] = await job.getQueryResults({
          maxResults: rowsAtATime,
          autoPaginate: false,
          ...(pageToken !== undefined && { pageToken }),
        })
        rows.push(...(page as Record<string, unknown>[]).map((row) => readRow(row, columns)))
        if (next === null || next === undefined) return rows
        ;({ pageToken } = next as { pageToken?: string })
      }
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  /** Loads rows, once. A job that failed is never run again, so another attempt is another job. */
  async #load({ table, key, columns, rows, layout }: Load): Promise<void> {
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const digest = createHash('sha256').update(lines).digest('hex').slice(0, 32)
    let failure: unknown
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const jobId = `iam-${table}-${key}-${digest}-${attempt}`
      failure = await this.#run(jobId, lines, {
        table,
        schema: { fields: columns.map(({ name, type, nullable }) => fieldOf(name, type, nullable)) },
        layout,
      })
      if (failure === undefined) return
    }
    throw new Error(`BigQuery did not load ${key} of ${table}: ${JSON.stringify(failure)}`)
  }

  /** Runs a load job, or waits for the one that has this id already. @returns what it failed with, if it did. */
  async #run(jobId: string, lines: string, { table, schema, layout }: LoadJob): Promise<unknown> {
    const { dataset, location } = this.#place
    const options = location === undefined ? {} : { location }
    const stream = this.#client
      .dataset(dataset, options)
      .table(table)
      .createWriteStream({
        jobId,
        schema,
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        createDisposition: 'CREATE_IF_NEEDED',
        writeDisposition: 'WRITE_APPEND',
        ...layout,
      })
    const ended = Promise.withResolvers<unknown>()
    stream.once('complete', () => ended.resolve(undefined)).once('error', ended.resolve)
    stream.end(lines)
    const error = await ended.promise
    const job = this.#client.job(jobId, options)
    for (;;) {
      const [metadata] = (await job.getMetadata().catch((missing: unknown) => {
        throw isMissing(missing) && error !== undefined ? error : missing
      })) as unknown as [{ status: { state: string; errorResult?: unknown } }]
      const { status } = metadata
      if (status.state === 'DONE') return status.errorResult
      await sleep(pollMs)
    }
  }
}

interface Select {
  readonly table: string
  readonly columns: readonly ColdColumn[]
  readonly where: readonly string[]
  readonly order: readonly string[]
}

interface Asked {
  readonly params: Readonly<Record<string, unknown>>
  readonly columns: readonly ColdColumn[]
}

interface Load {
  readonly table: string
  readonly key: string
  readonly columns: readonly ColdColumn[]
  readonly rows: readonly ColdRow[]
  readonly layout: object
}

interface LoadJob {
  readonly table: string
  readonly schema: { fields: { name: string; type: string; mode: string }[] }
  readonly layout: object
}

function noCredentials(): NonNullable<BigQueryOptions['authClient']> {
  return new PassThroughClient() as unknown as NonNullable<BigQueryOptions['authClient']>
}

function fieldOf(name: string, type: ColdColumn['type'], nullable: boolean) {
  return { name, type: bigQueryType[type], mode: nullable ? 'NULLABLE' : 'REQUIRED' }
}

function readRow(row: Readonly<Record<string, unknown>>, columns: readonly ColdColumn[]): ColdRow {
  return Object.fromEntries(columns.map(({ name, type }) => [name, valueOf(type, row[name] ?? null)]))
}

function valueOf(type: ColdColumn['type'], value: unknown): string | number | null {
  if (value === null) return null
  if (type === 'time') return new Date((value as BigQueryTimestamp).value).toISOString()
  return type === 'integer' ? Number(value) : (value as string)
}

/** A request tells by its status that there is no such thing, and a job by its reason. */
function isMissing(error: unknown): boolean {
  const { code, errors } = error as { code?: unknown; errors?: readonly { reason?: unknown }[] }
  return code === 404 || errors?.some(({ reason }) => reason === 'notFound') === true
}
