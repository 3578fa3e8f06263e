import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { sendPrepared } from './prepared.ts'
import type { ServedKeySet } from './served-key-set.ts'

const documents = new Set([
  '/.well-known/jwks.json',
  '/.well-known/jwks.jwt',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
])

/**
 * The HTTP face of iam-jwks. Plain node:http: there is one kind of answer, prepared ahead, and a framework would
 * double this process's start.
 */
export function buildServer(served: ServedKeySet): Server {
  const server = createServer((request, response) => answer(served, request, response))
  server.headersTimeout = 10_000
  server.requestTimeout = 10_000
  server.maxHeadersCount = 100
  return server
}

function answer(served: ServedKeySet, request: IncomingMessage, response: ServerResponse): void {
  const path = pathOf(request.url ?? '/')
  const prepared = served.answer(path)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(response)
  if (prepared !== undefined) return sendPrepared(prepared, request, response)
  if (documents.has(path))
    return sendProblem(response, 503, 'The document has expired or has not been loaded yet.')
  if (path.startsWith('/health')) return sendHealth(served, path, response)
  return sendProblem(response, 404, 'There is nothing here.')
}

/** The query is no part of any name here, so that it cannot be used to get around a cache. */
function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

function sendHealth(served: ServedKeySet, path: string, response: ServerResponse): void {
  if (path === '/health/live') return sendJson(response, 200, { status: 'ok' })
  if (!['/health', '/health/startup', '/health/ready'].includes(path)) {
    return sendProblem(response, 404, 'There is nothing here.')
  }
  const keySet = served.status(new Date())
  if (keySet === undefined) return sendJson(response, 503, { status: 'unavailable' })
  return sendJson(response, 200, { status: keySet.expired ? 'degraded' : 'ok', keySet })
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
}

function refuseMethod(response: ServerResponse): void {
  response.setHeader('allow', 'GET, HEAD')
  sendProblem(response, 405, 'Only GET and HEAD are answered here.')
}

/** A problem document (RFC 9457). What is missing now may be there in ten seconds, and no cache keeps it longer. */
function sendProblem(response: ServerResponse, status: 404 | 405 | 503, detail: string): void {
  const { code, title } = problems[status]
  const body = JSON.stringify({ type: 'about:blank', title, status, detail, code, retriable: status === 503 })
  if (status === 503) response.setHeader('retry-after', '10')
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': status === 404 ? 'public, max-age=10' : 'no-store',
  })
  response.end(body)
}

const problems = {
  404: { code: 'not_found', title: 'There is nothing here' },
  405: { code: 'method_not_allowed', title: 'This method is not for this path' },
  503: { code: 'temporarily_unavailable', title: 'The key set is not available' },
} as const
