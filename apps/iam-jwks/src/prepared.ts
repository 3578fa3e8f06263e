import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'

/** Names and values in turns, as they are sent: what writeHead takes without making anything of it. */
type FlatHeaders = string[]

interface Variant {
  /** The bytes, each a character where they are few: Node sends text together with the headers, in one write. */
  readonly body: Buffer | string
  readonly etag: string
  readonly headers: FlatHeaders
  /** The headers of a 304 to a caller who has this variant. */
  readonly unchanged: FlatHeaders
}

/** An answer made ahead of its requests, in every encoding: serving it is copying bytes. */
export interface Prepared {
  readonly identity: Variant
  readonly gzip: Variant
  /** Missing of what is replaced every few seconds. */
  readonly br: Variant | undefined
}

/** Up to here one write saves more, a twelfth of an answer's cost, than joining text to the headers takes. */
const fewBytes = 16 * 1024

/**
 * Prepares a document. @param cacheControl for browsers, services and the CDN alike: nothing here is private.
 * @param isBrief for what is replaced every few seconds: Brotli's best takes milliseconds, and is left out.
 */
export function prepare(
  document: string | Buffer,
  { type, cacheControl, isBrief = false }: { type: string; cacheControl: string; isBrief?: boolean },
): Prepared {
  const identity = Buffer.from(document)
  const tag = createHash('sha256').update(identity).digest('base64url').slice(0, 27)
  const variant = (body: Buffer, suffix: string, encoding?: string): Variant => {
    const etag = `"${tag}${suffix}"`
    const validity = { etag, 'cache-control': cacheControl, vary: 'accept-encoding' }
    const all = {
      'content-type': type,
      'content-length': String(body.length),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      ...validity,
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    }
    const sent = body.length <= fewBytes ? body.toString('latin1') : body
    return {
      body: sent,
      etag,
      headers: Object.entries(all).flat(),
      unchanged: Object.entries(validity).flat(),
    }
  }
  return {
    identity: variant(identity, ''),
    gzip: variant(gzipSync(identity), '-gz', 'gzip'),
    br: isBrief ? undefined : variant(brotliCompressSync(identity), '-br', 'br'),
  }
}

/** Answers a GET or HEAD with a prepared document: 304 when the caller has it, the smallest encoding it takes otherwise. */
export function sendPrepared(prepared: Prepared, request: IncomingMessage, response: ServerResponse): void {
  const variant = variantFor(prepared, request.headers['accept-encoding'])
  const tags = request.headers['if-none-match']
  const known = tags === undefined ? undefined : knownOf(prepared, variant, tags)
  if (known !== undefined) response.writeHead(304, known.unchanged).end()
  else response.writeHead(200, variant.headers).end(request.method === 'HEAD' ? '' : variant.body, 'latin1')
}

function variantFor(prepared: Prepared, accepted: string | undefined): Variant {
  if (accepted === undefined || accepted === '') return prepared.identity
  if (prepared.br !== undefined && takesBr.test(accepted)) return prepared.br
  return takesGzip.test(accepted) ? prepared.gzip : prepared.identity
}

const takesBr = accepting('br')
const takesGzip = accepting('gzip')

/** Finds a coding in Accept-Encoding (RFC 9110 12.5.3), unless its weight is zero. */
function accepting(coding: string): RegExp {
  return new RegExp(`(?:^|,)\\s*${coding}\\s*(?:$|,|;(?!\\s*q=0(?:\\.0*)?\\s*(?:$|,)))`, 'i')
}

/**
 * Which variant the caller has. If-None-Match compares weakly (RFC 9110 13.1.2); of a cache that lists several, the
 * one that it would be sent now counts first. All have the same content, so that any of them has not changed.
 */
function knownOf(prepared: Prepared, wanted: Variant, header: string): Variant | undefined {
  if (header === wanted.etag || header.trim() === '*') return wanted
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  const variants = [wanted, prepared.identity, prepared.gzip, prepared.br]
  return variants.find((variant) => variant !== undefined && tags.includes(variant.etag))
}
