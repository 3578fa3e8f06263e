import { randomFillSync } from 'node:crypto'

export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The value to hand on (W3C Trace Context 3.2). */
  readonly traceparent: string
}

const incoming = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const zeros = /^0+$/

/** Random bytes are drawn a page at a time: drawing them for each id would cost more than all the rest of a span. */
const pool = Buffer.alloc(4096)
let drawn = pool.length

function randomHex(bytes: number): string {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  drawn += bytes
  return pool.toString('hex', drawn - bytes, drawn)
}

/** A span of the caller's trace when its `traceparent` is well formed, of a new trace otherwise. */
export function startSpan(traceparent: string | undefined): SpanContext {
  const [, traceId, parentId, flags] = incoming.exec(traceparent ?? '') ?? []
  const spanId = randomHex(8)
  if (traceId === undefined || parentId === undefined || zeros.test(traceId) || zeros.test(parentId)) {
    const fresh = randomHex(16)
    return { traceId: fresh, traceparent: `00-${fresh}-${spanId}-00` }
  }
  return { traceId, traceparent: `00-${traceId}-${spanId}-${flags ?? '00'}` }
}
