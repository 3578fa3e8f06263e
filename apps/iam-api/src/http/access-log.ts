import { logFields } from '@iam/platform/telemetry'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { contextOf } from './request-context.ts'

/** Counts each request, and writes a line about it, when it has been answered; health checks excepted. */
export function logRequests(app: FastifyInstance, deps: Deps): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url
    if (route?.startsWith('/health') === true) return
    deps.metrics.answered({
      method: request.method,
      route: route ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    })
    const span = contextOf(request)
    deps.log.info(
      {
        request_id: request.id,
        trace_id: span.traceId,
        ...logFields(span, deps.project),
        method: request.method,
        route: route ?? 'none',
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 100) / 100,
      },
      'request',
    )
  })
}
