import { randomFillSync } from 'node:crypto'
import { UnrecordedSpan, type Span } from './span.ts'

/** What a well-formed `traceparent` says (W3C Trace Context 3.2). */
export interface ParentContext {
  readonly traceId: string
  readonly spanId: string
  /** Two hexadecimal digits. */
  readonly flags: string
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

/** Undefined for one that is missing or malformed. */
export function readTraceparent(traceparent: string | undefined): ParentContext | undefined {
  if (traceparent === undefined) return undefined
  const [, traceId = '', spanId = '', flags = ''] = incoming.exec(traceparent) ?? []
  if (traceId === '' || zeros.test(traceId) || zeros.test(spanId)) return undefined
  return { traceId, spanId, flags }
}

/** Whether whoever began the trace has it recorded. */
export function isSampled(traceparent: string): boolean {
  const flags = readTraceparent(traceparent)?.flags ?? '00'
  return (Number.parseInt(flags, 16) & 1) === 1
}

/** A span of the caller's trace when its `traceparent` is well formed, of a new trace otherwise. It is not recorded. */
export function startSpan(traceparent: string | undefined): Span {
  const parent = readTraceparent(traceparent)
  const spanId = randomHex(8)
  if (parent === undefined) return new UnrecordedSpan(randomHex(16), spanId, '00')
  return new UnrecordedSpan(parent.traceId, spanId, parent.flags)
}
