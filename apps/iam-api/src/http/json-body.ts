import type { FastifyInstance, FastifyRequest } from 'fastify'
import { hasDuplicateNames } from './duplicate-names.ts'
import { TransportRefusal } from './problem.ts'

const mediaType = /^application\/json(; ?charset="?utf-8"?)?$/i
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Accepts bodies of exactly one kind: JSON in well-formed UTF-8, named as such. The header is compared whole,
 * since odd spellings of it have been ways around schemas and same-site checks. No object names a member twice.
 */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser(/^/, { parseAs: 'buffer' }, (request, body, done) => {
    if (isNoBody(request, body as Buffer)) {
      done(null, undefined)
      return
    }
    if (!mediaType.test(request.headers['content-type'] ?? '')) {
      done(new TransportRefusal('unsupported_media_type'))
      return
    }
    const text = decode(body as Buffer)
    if (text === undefined) {
      done(new TransportRefusal('invalid_request', 'The body is not well-formed UTF-8.'))
      return
    }
    void parse(request, text, (error, value) => {
      if (error === null && hasDuplicateNames(text)) done(namedTwice())
      else done(error, value)
    })
  })
}

/** A proxy that does not know yet whether there will be a body announces chunks, of which there are then none. */
function isNoBody({ headers }: FastifyRequest, body: Buffer): boolean {
  return body.length === 0 && headers['content-type'] === undefined
}

function namedTwice(): TransportRefusal {
  return new TransportRefusal('invalid_request', 'An object in the body names a member twice.')
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
