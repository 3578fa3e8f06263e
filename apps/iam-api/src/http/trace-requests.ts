import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { ForcedSampling } from './forced-sampling.ts'
import { contextOf, rememberSpan } from './request-context.ts'
import { sentBy } from './trusted-proxies.ts'

export interface TraceOptions {
  /** Addresses and networks of the proxies whose `traceparent` is believed. */
  readonly trustedProxies: readonly string[]
}

/**
 * Gives each request a span, named as OpenTelemetry's semantic conventions for HTTP have it, and does the request's
 * work under it. Whoever is no trusted proxy begins a trace of their own: a stranger puts nothing into others' traces
 * and has nothing recorded. What a stranger says through a proxy that hands it on is bounded: see `ForcedSampling`.
 */
export function traceRequests(app: FastifyInstance, deps: Deps, { trustedProxies }: TraceOptions): void {
  const isTrusted = sentBy(trustedProxies)
  const forced = new ForcedSampling(deps.monotonic)
  app.addHook('onRequest', (request, _reply, done) => {
    const { traceparent } = request.headers
    const isBelieved = typeof traceparent === 'string' && isTrusted(request)
    const parent = isBelieved ? forced.within(traceparent) : undefined
    rememberSpan(request, deps.tracing.start({ name: request.method, kind: 'server', parent }))
    done()
  })
  // Not before the body was read: that goes on from the socket, outside of whatever was begun here.
  app.addHook('preValidation', (request, _reply, done) => contextOf(request).run(done))
  app.addHook('onResponse', async (request, reply) => endSpan(request, reply))
}

function endSpan(request: FastifyRequest, reply: FastifyReply): void {
  const span = contextOf(request)
  if (!span.isRecorded) return
  const { url: route } = request.routeOptions
  span.rename(route === undefined ? request.method : `${request.method} ${route}`)
  span.set({
    'http.request.method': request.method,
    'http.response.status_code': reply.statusCode,
    'url.scheme': request.protocol,
    'request.id': request.id,
    ...(route === undefined ? {} : { 'http.route': route }),
  })
  span.end(reply.statusCode >= 500 ? { code: String(reply.statusCode) } : undefined)
}
