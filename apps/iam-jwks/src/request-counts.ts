import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Seconds: those of the other processes, as far as answers from memory come. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const name = 'http_server_request_duration_seconds'

interface Series {
  readonly counts: number[]
  sum: number
}

/** Counts requests by what they ask for, method and status. By hand: this process starts in milliseconds. */
export class RequestCounts {
  readonly #series = new Map<string, Series>()

  /** Counts all that a server answers from now on; health excepted. */
  follow(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const route = routeOf(request.url ?? '/')
      if (route === undefined) return
      const began = performance.now()
      response.once('close', () => {
        const method = request.method === 'GET' || request.method === 'HEAD' ? request.method : '_OTHER'
        const labels = `http_request_method="${method}",http_route="${route}",http_response_status_code="${response.statusCode}"`
        this.#observe(labels, (performance.now() - began) / 1_000)
      })
    })
  }

  /** In the text format of Prometheus. */
  lines(): string[] {
    const all = [...this.#series].flatMap(([labels, { counts, sum }]) => {
      let below = 0
      const buckets = counts.map((count, n) => {
        below += count
        return `${name}_bucket{le="${bounds[n] ?? '+Inf'}",${labels}} ${below}`
      })
      return [...buckets, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${below}`]
    })
    return [`# TYPE ${name} histogram`, ...all]
  }

  #observe(labels: string, seconds: number): void {
    const series = this.#series.get(labels) ?? { counts: [...bounds, Infinity].map(() => 0), sum: 0 }
    this.#series.set(labels, series)
    const bucket = bounds.findIndex((bound) => seconds <= bound)
    const at = bucket === -1 ? bounds.length : bucket
    series.counts[at] = (series.counts[at] ?? 0) + 1
    series.sum += seconds
  }
}

/** What is asked for, of few values; undefined for health. */
function routeOf(url: string): string | undefined {
  const [path = '/'] = url.split('?', 1)
  if (path.startsWith('/health')) return undefined
  if (path.startsWith('/.well-known/jwks/')) return '/.well-known/jwks/{kid}.json'
  if (path.startsWith('/.well-known/status-lists/')) return '/.well-known/status-lists/{id}'
  return documents.has(path) ? path : 'none'
}

const documents = new Set([
  '/.well-known/jwks.json',
  '/.well-known/jwks.jwt',
  '/.well-known/status-jwks.json',
  '/.well-known/historical-keys.jwt',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
])
