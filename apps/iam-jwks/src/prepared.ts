import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'

interface Variant {
  readonly body: Buffer
  readonly headers: Record<string, string>
}

/** An answer made ahead of its requests, in every encoding: serving it is copying bytes. */
export interface Prepared {
  readonly identity: Variant
  readonly gzip: Variant
  readonly br: Variant
  /** Every variant's entity tag: any of them in If-None-Match means nothing has changed. */
  readonly etags: readonly string[]
  /** The headers of a 304. */
  readonly unchanged: Record<string, string>
}

/** Prepares a document. @param cacheControl for browsers, services and the CDN alike: nothing here is private. */
export function prepare(
  document: string | Buffer,
  { type, cacheControl }: { type: string; cacheControl: string },
): Prepared {
  const body = Buffer.from(document)
  const tag = createHash('sha256').update(body).digest('base64url').slice(0, 27)
  const variant = (bytes: Buffer, suffix: string, encoding?: string): Variant => ({
    body: bytes,
    headers: {
      'content-type': type,
      'content-length': String(bytes.length),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      'cache-control': cacheControl,
      etag: `"${tag}${suffix}"`,
      vary: 'accept-encoding',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    },
  })
  const identity = variant(body, '')
  const gzip = variant(gzipSync(body), '-gz', 'gzip')
  const br = variant(brotliCompressSync(body), '-br', 'br')
  return {
    identity,
    gzip,
    br,
    etags: [identity, gzip, br].map(({ headers }) => headers['etag'] ?? ''),
    unchanged: { etag: `"${tag}"`, 'cache-control': cacheControl, vary: 'accept-encoding' },
  }
}

/** Answers a GET or HEAD with a prepared document: 304 when the caller has it, the smallest encoding it takes otherwise. */
export function sendPrepared(prepared: Prepared, request: IncomingMessage, response: ServerResponse): void {
  const { headers, body } = variantFor(prepared, request.headers['accept-encoding'])
  const known = request.headers['if-none-match']
  if (known !== undefined && isKnown(prepared, known)) {
    response.writeHead(304, prepared.unchanged).end()
    return
  }
  response.writeHead(200, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
}

function variantFor(prepared: Prepared, accepted: string | undefined): Variant {
  if (accepted === undefined || accepted === '') return prepared.identity
  if (takes(accepted, 'br')) return prepared.br
  return takes(accepted, 'gzip') ? prepared.gzip : prepared.identity
}

function takes(accepted: string, encoding: string): boolean {
  return accepted.split(',').some((item) => {
    const [name, quality] = item.split(';')
    return name?.trim().toLowerCase() === encoding && !/^\s*q=0(\.0*)?\s*$/.test(quality ?? '')
  })
}

/** If-None-Match compares weakly (RFC 9110 13.1.2): one of ours, whichever encoding it was given with, or any. */
function isKnown(prepared: Prepared, header: string): boolean {
  if (header === prepared.etags[0] || header.trim() === '*') return true
  return header.split(',').some((tag) => prepared.etags.includes(tag.trim().replace(/^W\//, '')))
}
