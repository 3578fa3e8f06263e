import type { FastifyInstance } from 'fastify'
import { TransportRefusal } from '../http/problem.ts'

const mediaType = /^application\/x-www-form-urlencoded(; ?charset="?utf-8"?)?$/i
/** A browser percent-encodes everything else. */
const encoded = /^[\x21-\x7e]*$/

/** What a form sent: each name once. */
export type FormBody = ReadonlyMap<string, string>

/** Accepts bodies of exactly one kind, those that a form without files sends. No name comes twice. */
export function acceptOnlyForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(/^/, { parseAs: 'buffer' }, (request, body, done) => {
    if (!mediaType.test(request.headers['content-type'] ?? '')) {
      done(new TransportRefusal('unsupported_media_type'))
      return
    }
    const form = readForm((body as Buffer).toString('latin1'))
    if (form === undefined) done(new TransportRefusal('invalid_request', 'The form is not well formed.'))
    else done(null, form)
  })
}

/** @returns undefined for a field that comes twice, and for bytes that are no UTF-8: they would all be one character. */
function readForm(text: string): FormBody | undefined {
  const pairs = [...new URLSearchParams(text)]
  const form = new Map(pairs)
  const sound = pairs.every(([, value]) => !value.includes('\ufffd'))
  return encoded.test(text) && form.size === pairs.length && sound ? form : undefined
}
