import type { RequestOrigin } from '@iam/domain/kit'
import { localeFrom, type Locale } from '@iam/domain/mail'
import { type Span, startSpan } from '@iam/platform/telemetry'
import type { FastifyRequest } from 'fastify'
import { whereaboutsOf } from './geo.ts'
import { networkOf } from './network.ts'
import { placeOf } from './place.ts'

const spans = new WeakMap<FastifyRequest, Span>()

/** The request's span: the one that was started with it, or one that nobody records. */
export function contextOf(request: FastifyRequest): Span {
  const known = spans.get(request)
  if (known !== undefined) return known
  const span = startSpan(undefined)
  spans.set(request, span)
  return span
}

/** Gives the request its span. */
export function rememberSpan(request: FastifyRequest, span: Span): void {
  spans.set(request, span)
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
