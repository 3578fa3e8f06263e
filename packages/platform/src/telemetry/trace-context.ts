import { randomBytes } from 'node:crypto'

export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The value to hand on (W3C Trace Context 3.2). */
  readonly traceparent: string
}

const incoming = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const zeros = /^0+$/

/** A span of the caller's trace when its `traceparent` is well formed, of a new trace otherwise. */
export function startSpan(traceparent: string | undefined): SpanContext {
  const [, traceId, parentId, flags] = incoming.exec(traceparent ?? '') ?? []
  const spanId = randomBytes(8).toString('hex')
  if (traceId === undefined || parentId === undefined || zeros.test(traceId) || zeros.test(parentId)) {
    const fresh = randomBytes(16).toString('hex')
    return { traceId: fresh, traceparent: `00-${fresh}-${spanId}-00` }
  }
  return { traceId, traceparent: `00-${traceId}-${spanId}-${flags ?? '00'}` }
}
