import type { FastifyInstance } from 'fastify'
import { TransportRefusal } from './problem.ts'

const mediaType = /^application\/json(; ?charset="?utf-8"?)?$/i
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Accepts bodies of exactly one kind: JSON in well-formed UTF-8, named as such. The header is compared whole,
 * since odd spellings of it have been ways around schemas and same-site checks.
 */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser(/^/, { parseAs: 'buffer' }, (request, body, done) => {
    if (!mediaType.test(request.headers['content-type'] ?? '')) {
      done(new TransportRefusal('unsupported_media_type'))
      return
    }
    const text = decode(body as Buffer)
    if (text === undefined)
      done(new TransportRefusal('invalid_request', 'The body is not well-formed UTF-8.'))
    else void parse(request, text, done)
  })
}

/** The text of a body; undefined when it is not UTF-8, or begins with a byte order mark (RFC 8259 8.1). */
function decode(body: Buffer): string | undefined {
  try {
    const text = utf8.decode(body)
    return text.startsWith('\ufeff') ? undefined : text
  } catch {
    return undefined
  }
}
