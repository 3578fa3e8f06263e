import type { IncomingMessage, ServerResponse } from 'node:http'
import { json, type StorageResponse } from './http.ts'
import type { ObjectFiles } from './object-files.ts'
import { routes } from './routes.ts'
import { invalid, notFound, StorageError } from './storage-error.ts'

const maxBodyBytes = 64 * 1024 * 1024

/** Reads one request, has it handled by the route it fits and sends the answer, errors included. */
export async function answer(
  files: ObjectFiles,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await respond(files, incoming).catch(describeError)
  // These have no body, and a length would be taken for that of the body they stand for (RFC 9110 8.6).
  const bodyless = response.status === 204 || response.status === 304
  const length = bodyless ? {} : { 'content-length': response.body.length }
  outgoing.writeHead(response.status, { ...response.headers, ...length })
  outgoing.end(response.body) // Node leaves the body out of the answer to a HEAD
}

async function respond(files: ObjectFiles, incoming: IncomingMessage): Promise<StorageResponse> {
  const { pathname, searchParams: query } = new URL(incoming.url ?? '/', 'http://localhost')
  const method = incoming.method === 'HEAD' ? 'GET' : incoming.method
  const route = routes.find((candidate) => candidate.method === method && candidate.path.test(pathname))
  if (route === undefined) throw notFound(`route: ${incoming.method} ${pathname}`)
  const params = decodeParams(route.path.exec(pathname)?.groups ?? {})
  return route.handle(files, { params, query, headers: incoming.headers, body: await readBody(incoming) })
}

function decodeParams(groups: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
  } catch {
    throw invalid('The path is not percent-encoded UTF-8.')
  }
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes)
      throw new StorageError(413, 'uploadTooLarge', 'An upload has at most 64 MiB here.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function describeError(error: unknown): StorageResponse {
  const known = error instanceof StorageError ? error : new StorageError(500, 'internalError', String(error))
  const { status: code, message, reason } = known
  return json(code, { error: { code, message, errors: [{ domain: 'global', reason, message }] } })
}
