import { currentSpan } from './scope.ts'
import { isSampled } from './trace-context.ts'
import type { Span } from './span.ts'

/** What ties a line of the log to its trace, as Cloud Logging reads it from structured logs. */
export function logFields(
  { traceId, spanId, traceparent }: Pick<Span, 'traceId' | 'spanId' | 'traceparent'>,
  project: string,
): Record<string, string | boolean> {
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${traceId}`,
    'logging.googleapis.com/spanId': spanId,
    'logging.googleapis.com/trace_sampled': isSampled(traceparent),
  }
}

/** The same for whatever is written while a recorded span is worked on; nothing for the rest. */
export function fieldsOfCurrentSpan(project: string): () => Record<string, string | boolean> {
  return () => {
    const span = currentSpan()
    return span === undefined ? {} : logFields(span, project)
  }
}
