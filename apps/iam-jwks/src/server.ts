import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { sendPrepared } from './prepared.ts'
import { historyPath, type KeySetStatus, type ServedKeySet } from './served-key-set.ts'
import type { ServedStatusLists } from './served-status-lists.ts'

/** What has its place whether it can be served now or not. */
const always = new Set([
  '/.well-known/jwks.json',
  '/.well-known/jwks.jwt',
  '/.well-known/status-jwks.json',
  historyPath,
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
])

const statusListsAt = '/.well-known/status-lists/'

/** What is served here. */
export interface Documents {
  readonly keySet: ServedKeySet
  readonly statusLists: ServedStatusLists
}

/** Bounds on what strangers can hold: a connection takes some kilobytes, and its headers what they are long. */
const mostConnections = 1_024
const longestHeaders = 8 * 1024

/**
 * The HTTP face of iam-jwks. Plain node:http: there is one kind of answer, prepared ahead, and a framework would
 * double this process's start.
 * @param patience milliseconds in which a request has to arrive, whole.
 */
export function buildServer(documents: Documents, patience = 10_000): Server {
  const limits = {
    maxHeaderSize: longestHeaders,
    headersTimeout: patience,
    requestTimeout: patience,
    connectionsCheckingInterval: patience / 4,
  }
  const server = createServer(limits, (request, response) => answer(documents, request, response))
  server.maxConnections = mostConnections
  return server
}

function answer(documents: Documents, request: IncomingMessage, response: ServerResponse): void {
  const { keySet: served, statusLists } = documents
  const path = pathOf(request.url ?? '/')
  const prepared = served.answer(path)
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendProblem(response, 405)
  if (prepared !== undefined) return sendPrepared(prepared, request, response)
  if (always.has(path)) return sendProblem(response, 503)
  if (path.startsWith(statusListsAt))
    return void sendStatusList(statusLists, path.slice(statusListsAt.length), { request, response })
  if (path.startsWith('/health')) return sendHealth(served, path, response)
  return sendProblem(response, 404)
}

async function sendStatusList(
  lists: ServedStatusLists,
  id: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const list = await lists.answer(id)
  if (list === 'missing') return sendProblem(response, 404)
  if (list === 'unavailable') return sendProblem(response, 503)
  sendPrepared(list, request, response)
}

/** The query is no part of any name here, so that it cannot be used to get around a cache. */
function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

function sendHealth(served: ServedKeySet, path: string, response: ServerResponse): void {
  if (path === '/health/live') return sendJson(response, 200, { status: 'ok' })
  if (!['/health', '/health/startup', '/health/ready'].includes(path)) {
    return sendProblem(response, 404)
  }
  const keySet = served.status(new Date())
  if (keySet === undefined) return sendJson(response, 503, { status: 'unavailable' })
  return sendJson(response, 200, { status: isWell(keySet) ? 'ok' : 'degraded', keySet })
}

function isWell({ freshness, nextAnchor }: KeySetStatus): boolean {
  return freshness === 'fresh' && nextAnchor?.pinned !== false
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
}

/**
 * Problem documents (RFC 9457), made ahead: whoever asks for what is not there costs no more than whoever asks for
 * what is. What is missing now may be there in ten seconds, and no cache keeps it longer.
 */
const problems = {
  404: problem(
    { status: 404, code: 'not_found', title: 'There is nothing here', detail: 'There is nothing here.' },
    { 'cache-control': 'public, max-age=10' },
  ),
  405: problem(
    {
      status: 405,
      code: 'method_not_allowed',
      title: 'This method is not for this path',
      detail: 'Only GET and HEAD are answered here.',
    },
    { 'cache-control': 'no-store', allow: 'GET, HEAD' },
  ),
  503: problem(
    {
      status: 503,
      code: 'temporarily_unavailable',
      title: 'The key set is not available',
      detail: 'The document has expired or has not been loaded yet.',
    },
    { 'cache-control': 'no-store', 'retry-after': '10' },
  ),
}

interface Problem {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
}

function problem({ code, ...rest }: Problem, caching: Readonly<Record<string, string>>) {
  const document = { type: 'about:blank', ...rest, code, retriable: rest.status === 503 }
  const body = Buffer.from(JSON.stringify(document))
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': String(body.length),
    ...caching,
  }
  return { body, headers: Object.entries(headers).flat() }
}

function sendProblem(response: ServerResponse, status: keyof typeof problems): void {
  const { headers, body } = problems[status]
  response.writeHead(status, headers).end(body)
}
