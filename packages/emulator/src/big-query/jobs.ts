import { splitMultipart } from '../storage/multipart.ts'
import { BigQueryError, invalid, notFound } from './big-query-error.ts'
import { select, type Parameter } from './select.ts'
import type { Field, Row, Tables } from './tables.ts'

interface Reference {
  readonly projectId: string
  readonly jobId: string
  readonly location?: string
}

interface Asked {
  readonly jobReference: Reference
  readonly configuration: {
    readonly load?: {
      readonly destinationTable: { readonly datasetId: string; readonly tableId: string }
      readonly schema: { readonly fields: readonly Field[] }
      readonly sourceFormat: string
      readonly writeDisposition: string
    }
    readonly query?: { readonly query: string; readonly queryParameters?: readonly Parameter[] }
  }
}

interface Job {
  readonly asked: Asked
  readonly failure: BigQueryError | undefined
  readonly fields: readonly Field[]
  readonly rows: readonly Row[]
  /** How often somebody looked: whoever looks first finds it running, so that clients have to wait as for real ones. */
  looks: number
}

/** The jobs of one project. A job's id is taken once, for good. */
export class Jobs {
  readonly #tables: Tables
  readonly #jobs = new Map<string, Job>()
  /** Loads that fail next, after their ids were taken. */
  failing = 0

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** How many jobs loaded something. */
  get loads(): number {
    return [...this.#jobs.values()].filter(({ asked, failure }) => asked.configuration.load && !failure)
      .length
  }

  /** `POST /upload/bigquery/v2/projects/:project/jobs?uploadType=multipart`. @throws where the id is taken. */
  load(contentType: string, body: Buffer): object {
    const [resource, media] = splitMultipart(contentType, body)
    if (resource === undefined || media === undefined) throw invalid('An upload has two parts.')
    const asked = JSON.parse(resource.body.toString()) as Asked
    const { load } = asked.configuration
    if (load?.sourceFormat !== 'NEWLINE_DELIMITED_JSON' || load.writeDisposition !== 'WRITE_APPEND')
      throw invalid('The emulator appends lines of JSON, and loads nothing else.')
    return this.#begin(asked, () => {
      if (this.failing > 0) {
        this.failing -= 1
        throw new BigQueryError(503, 'backendError', 'The load job failed, as it was told to.')
      }
      const { datasetId, tableId } = load.destinationTable
      this.#tables.append(datasetId, tableId, { fields: load.schema.fields, lines: media.body.toString() })
      return { fields: [], rows: [] }
    })
  }

  /** `POST /bigquery/v2/projects/:project/jobs`, of a query. */
  query(body: Buffer): object {
    const asked = JSON.parse(body.toString()) as Asked
    const { query } = asked.configuration
    if (query === undefined) throw invalid('The emulator queries here, and does nothing else.')
    return this.#begin(asked, () => select(this.#tables, query.query, query.queryParameters ?? []))
  }

  /** `GET /bigquery/v2/projects/:project/jobs/:job` */
  get(jobId: string): object {
    const job = this.#jobOf(jobId)
    job.looks += 1
    return describe(job)
  }

  /** `GET /bigquery/v2/projects/:project/queries/:job`, a page of its rows. */
  results(jobId: string, asked: URLSearchParams): object {
    const job = this.#jobOf(jobId)
    job.looks += 1
    if (job.failure !== undefined) throw job.failure
    const { jobReference } = job.asked
    if (job.looks < 2) return { jobReference, jobComplete: false }
    const start = Number(asked.get('pageToken') ?? 0)
    const end = start + Number(asked.get('maxResults') ?? 10_000)
    const inMicros = asked.get('formatOptions.useInt64Timestamp') === 'true'
    return {
      jobReference,
      jobComplete: true,
      totalRows: String(job.rows.length),
      schema: { fields: job.fields },
      rows: job.rows.slice(start, end).map((row) => writeRow(row, job.fields, inMicros)),
      ...(end < job.rows.length && { pageToken: String(end) }),
    }
  }

  #begin(asked: Asked, work: () => Pick<Job, 'fields' | 'rows'>): object {
    const { projectId, jobId } = asked.jobReference
    if (this.#jobs.has(jobId))
      throw new BigQueryError(409, 'duplicate', `Already Exists: Job ${projectId}:${jobId}`)
    const job = { asked, looks: 0, ...outcomeOf(work) }
    this.#jobs.set(jobId, job)
    return describe(job)
  }

  #jobOf(jobId: string): Job {
    const job = this.#jobs.get(jobId)
    if (job === undefined) throw notFound(`Job ${jobId}`)
    return job
  }
}

function outcomeOf(work: () => Pick<Job, 'fields' | 'rows'>): Pick<Job, 'fields' | 'rows' | 'failure'> {
  try {
    return { ...work(), failure: undefined }
  } catch (error) {
    if (!(error instanceof BigQueryError)) throw error
    return { fields: [], rows: [], failure: error }
  }
}

function describe({ asked, failure, looks }: Job): object {
  const { jobReference, configuration } = asked
  const id = `${jobReference.projectId}:${jobReference.jobId}`
  if (looks < 2 && failure === undefined)
    return { id, jobReference, configuration, status: { state: 'RUNNING' } }
  const errorResult = failure && { reason: failure.reason, message: failure.message }
  const failed = errorResult && { errorResult, errors: [errorResult] }
  return { id, jobReference, configuration, status: { state: 'DONE', ...failed } }
}

function writeRow(row: Row, fields: readonly Field[], inMicros: boolean): object {
  const f = fields.map(({ name, type }) => {
    const value = row[name] ?? null
    if (value === null) return { v: null }
    if (type !== 'TIMESTAMP') return { v: String(value) }
    return { v: inMicros ? `${value}000` : String(Number(value) / 1000) }
  })
  return { f }
}
