import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A span as OTLP has it in JSON (opentelemetry.proto.trace.v1.Span). */
export interface CollectedSpan {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: { readonly code?: number }
}

interface Value {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
}
interface Pair {
  readonly key: string
  readonly value: Value
}
interface OfResource {
  readonly resource?: { readonly attributes?: readonly Pair[] }
  readonly scopeSpans?: readonly { readonly spans: readonly WireSpan[] }[]
}
type WireSpan = Omit<CollectedSpan, 'attributes' | 'service'> & { readonly attributes: readonly Pair[] }

/** What becomes of what is sent to it: it is taken, refused, or never answered. */
export type Manner = 'takes' | 'refuses' | 'hangs'

/** A collector of OpenTelemetry: takes OTLP over HTTP in JSON and keeps it. */
export class Collector {
  readonly spans: CollectedSpan[] = []
  /** What was sent, as it came, by its path. */
  readonly bodies: { readonly path: string; readonly body: string }[] = []
  manner: Manner = 'takes'
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        collector.bodies.push({ path: request.url ?? '', body })
        const { manner } = collector
        if (manner === 'takes' && request.url === '/v1/traces') collector.#take(body)
        const status = manner === 'takes' ? 200 : 400
        if (manner !== 'hangs') response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
      })
    })
    const collector = new Collector(server)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return collector
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The spans of one trace, so far. */
  of(traceId: string): CollectedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId)
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #take(body: string): void {
    const { resourceSpans } = JSON.parse(body) as { readonly resourceSpans: readonly OfResource[] }
    for (const { resource, scopeSpans = [] } of resourceSpans) {
      const service = String(valuesOf(resource?.attributes ?? [])['service.name'])
      for (const { spans } of scopeSpans)
        for (const span of spans) this.spans.push({ ...span, service, attributes: valuesOf(span.attributes) })
    }
  }
}

function valuesOf(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))
}
