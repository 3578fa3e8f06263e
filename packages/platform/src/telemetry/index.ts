export { startSpan, type SpanContext } from './trace-context.ts'
