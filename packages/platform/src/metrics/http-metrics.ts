import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { addFamily, type MetricFamily } from './metric-family.ts'

export interface AnsweredRequest {
  readonly method: string
  /** The route's pattern, never the path: a label takes few values. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** Around what the service promises: most answers within milliseconds, a login within a second. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * What a process that answers requests tells of itself, in the text format of Prometheus. Names and labels are those of
 * OpenTelemetry's semantic conventions as Prometheus spells them.
 */
export class HttpMetrics {
  readonly #registry = new Registry()
  readonly #isAsked: boolean
  readonly #requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took, from their head to the end of the answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'] as const,
    buckets,
    registers: [this.#registry],
  })
  readonly #problems = new Counter({
    name: 'iam_problems_total',
    help: 'Problem documents that were sent, by their code.',
    labelNames: ['http_route', 'code'] as const,
    registers: [this.#registry],
  })

  /** @param isAsked whether anybody will ever want to know: nothing is counted otherwise. */
  constructor(isAsked = true) {
    this.#isAsked = isAsked
    if (isAsked) collectDefaultMetrics({ register: this.#registry })
  }

  answered({ method, route, status, seconds }: AnsweredRequest): void {
    if (!this.#isAsked) return
    const labels = { http_request_method: method, http_route: route, http_response_status_code: status }
    this.#requests.observe(labels, seconds)
  }

  refused(route: string, code: string): void {
    if (!this.#isAsked) return
    this.#problems.inc({ http_route: route, code })
  }

  /** Adds what others count by themselves, asked when somebody wants to know. */
  also(family: MetricFamily): void {
    addFamily(this.#registry, family)
  }

  /** Everything, in the text format of Prometheus. */
  async text(): Promise<string> {
    return this.#registry.metrics()
  }
}
