import { createServer, type ServerResponse } from 'node:http'

export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'unavailable'
  readonly checks?: Readonly<Record<string, string>>
}

export interface HealthServer {
  close(): Promise<void>
}

interface Health {
  readonly host: string
  readonly port: number
  readonly ready: () => Promise<HealthReport>
  /** Metrics in the text format of Prometheus; a rejection where they cannot be had is answered 503. */
  readonly metrics: () => Promise<string>
}

/** Serves health and metrics of a process that has no other HTTP. Resolves when it listens. */
export async function serveHealth(health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(health, request.url ?? '/', response).catch(() => send(response, 503, 'application/json', '{}'))
  })
  server.requestTimeout = 10_000
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(health.port, health.host, listening)
  })
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(health: Health, path: string, response: ServerResponse): Promise<void> {
  if (path === '/health/live') return send(response, 200, 'application/json', '{"status":"ok"}')
  if (path === '/metrics') return send(response, 200, 'text/plain; version=0.0.4', await health.metrics())
  if (!['/health', '/health/ready', '/health/startup'].includes(path))
    return send(response, 404, 'application/json', '{}')
  const report = await health.ready()
  return send(
    response,
    report.status === 'unavailable' ? 503 : 200,
    'application/json',
    JSON.stringify(report),
  )
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}
