import type { RequestOrigin } from '@iam/domain/kit'
import { localeFrom, type Locale } from '@iam/domain/mail'
import { type SpanContext, startSpan } from '@iam/platform/telemetry'
import type { FastifyRequest } from 'fastify'
import { whereaboutsOf } from './geo.ts'
import { networkOf } from './network.ts'
import { placeOf } from './place.ts'

const contexts = new WeakMap<FastifyRequest, SpanContext>()

/** The request's place in its trace; started when it is first asked for. */
export function contextOf(request: FastifyRequest): SpanContext {
  const known = contexts.get(request)
  if (known !== undefined) return known
  const { traceparent } = request.headers
  const span = startSpan(typeof traceparent === 'string' ? traceparent : undefined)
  contexts.set(request, span)
  return span
}

/** Where a request came from, for audit and events: the masked network, never the address. */
export function originOf(request: FastifyRequest): RequestOrigin {
  const place = placeOf(request)
  return {
    requestId: request.id,
    traceparent: contextOf(request).traceparent,
    network: networkOf(request.ip),
    agent: (request.headers['user-agent'] ?? '').slice(0, 256),
    ...(place === undefined ? {} : { place }),
    ...whereaboutsOf(request),
  }
}

/** The language to answer and to write mails in (RFC 9110 12.5.4). */
export function localeOf(request: FastifyRequest): Locale {
  return localeFrom(request.headers['accept-language'])
}
