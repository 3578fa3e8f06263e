import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { BigQueryError, notFound } from './big-query-error.ts'
import { Jobs } from './jobs.ts'
import { Tables } from './tables.ts'

export interface BigQueryEmulatorOptions {
  /** 0 or absent: any free port. */
  readonly port?: number
  /** The datasets there are. Elsewhere the infrastructure makes them. */
  readonly datasets: readonly string[]
}

export interface BigQueryEmulator {
  /** `http://127.0.0.1:port`: the client's `apiEndpoint`. */
  readonly endpoint: string
  readonly faults: {
    /** The next load jobs fail, having loaded nothing. */
    failLoads(count: number): void
    /** The answers to the next requests for load jobs are lost: the connection breaks after the job was done. */
    loseAnswers(count: number): void
  }
  /** How many jobs loaded something. */
  readonly loads: () => number
  stop(): Promise<void>
}

/** Starts a BigQuery of one project on this machine, which forgets everything when it stops. */
export async function startBigQueryEmulator(options: BigQueryEmulatorOptions): Promise<BigQueryEmulator> {
  const jobs = new Jobs(new Tables(options.datasets))
  let losing = 0
  const server = createServer((incoming, outgoing) => {
    void respond(jobs, incoming).then(({ status, body }) => {
      const isLoad = incoming.url?.startsWith('/upload/') === true
      if (isLoad && losing > 0) {
        losing -= 1
        incoming.socket.destroy()
      } else send(outgoing, status, body)
    })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: {
      failLoads: (count) => void (jobs.failing = count),
      loseAnswers: (count) => void (losing = count),
    },
    loads: () => jobs.loads,
    stop: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: object
}

async function respond(jobs: Jobs, incoming: IncomingMessage): Promise<Answer> {
  try {
    return { status: 200, body: await handle(jobs, incoming) }
  } catch (error) {
    const known =
      error instanceof BigQueryError ? error : new BigQueryError(500, 'internalError', String(error))
    const { status: code, message, reason } = known
    return {
      status: code,
      body: { error: { code, message, errors: [{ domain: 'global', reason, message }] } },
    }
  }
}

async function handle(jobs: Jobs, incoming: IncomingMessage): Promise<object> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost')
  const [, what = '', id = ''] =
    /^\/bigquery\/v2\/projects\/[^/]+\/(jobs|queries)\/([^/]+)$/.exec(pathname) ?? []
  if (incoming.method === 'GET' && what === 'jobs') return jobs.get(decodeURIComponent(id))
  if (incoming.method === 'GET' && what === 'queries')
    return jobs.results(decodeURIComponent(id), searchParams)
  const body = await buffer(incoming)
  if (incoming.method === 'POST' && /^\/bigquery\/v2\/projects\/[^/]+\/jobs$/.test(pathname))
    return jobs.query(body)
  if (incoming.method === 'POST' && /^\/upload\/bigquery\/v2\/projects\/[^/]+\/jobs$/.test(pathname))
    return jobs.load(incoming.headers['content-type'] ?? '', body)
  throw notFound(`route ${incoming.method} ${pathname}`)
}

function send(outgoing: ServerResponse, status: number, body: object): void {
  outgoing.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  outgoing.end(JSON.stringify(body))
}
