import type { ServerResponse } from 'node:http'

const titles = { 400: 'Bad request', 502: 'Bad gateway', 504: 'Gateway timeout' } as const

/** Answers with a problem document (RFC 9457), or, once an answer has begun, breaks the connection. */
export function sendProblem(outgoing: ServerResponse, status: keyof typeof titles, detail: string): void {
  if (outgoing.headersSent) {
    outgoing.destroy()
    return
  }
  outgoing.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  outgoing.end(JSON.stringify({ type: 'about:blank', title: titles[status], status, detail }))
}
