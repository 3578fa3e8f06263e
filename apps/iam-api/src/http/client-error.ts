import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { newId } from '@iam/domain/kit'
import { startSpan } from '@iam/platform/telemetry'
import type { Deps } from '../deps.ts'
import { problemDocument, type Problem } from './problem.ts'
import { problemKinds } from './problem-codes.ts'

/**
 * Answers what Node could not read as a request, and which therefore reaches no route: with a problem document
 * where the client can still hear one, and with the end of the connection in any case.
 */
export function answerClientError(deps: Deps, error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const requestId = newId('req', deps.clock())
  const { traceId } = startSpan(undefined)
  const problem = problemOf(error.code)
  const { status } = problemKinds[problem.code]
  deps.log.info(
    { request_id: requestId, trace_id: traceId, status, fault: error.code },
    'A request could not be read',
  )
  const document = problemDocument(deps.issuer, problem, { requestId, traceId })
  socket.end(responseText(document, requestId), () => socket.destroy())
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { code: 'headers_too_large' }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'request_timeout' }
    default:
      return { code: 'invalid_request', detail: 'The request is not well-formed HTTP.' }
  }
}

/** A response as it goes over the wire: there is no request that Node would let us answer. */
function responseText(document: { readonly status: number }, requestId: string): string {
  const body = JSON.stringify(document)
  return [
    `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
