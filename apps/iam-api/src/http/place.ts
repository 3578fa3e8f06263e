import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sentBy } from './trusted-proxies.ts'

export interface PlaceOptions {
  /** Addresses and networks of the proxies in front of us. */
  readonly trustedProxies: readonly string[]
  /** The headers in which they say where the client is, in the order to tell them: town, then country. */
  readonly placeHeaders: readonly string[]
}

const places = new WeakMap<FastifyRequest, string>()
const longest = 80
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\ufffd]/u

/** Keeps what a trusted proxy says of each request's place. What anybody else says of theirs is not heard. */
export function rememberPlaces(app: FastifyInstance, { trustedProxies, placeHeaders }: PlaceOptions): void {
  if (placeHeaders.length === 0) return
  const isTrusted = sentBy(trustedProxies)
  app.addHook('onRequest', async (request) => {
    if (!isTrusted(request)) return
    const said = placeHeaders.flatMap((name) => textOf(request.headers[name.toLowerCase()]))
    if (said.length > 0) places.set(request, said.join(', '))
  })
}

/** Where the client is, as a trusted proxy says; undefined when none does. */
export function placeOf(request: FastifyRequest): string | undefined {
  return places.get(request)
}

/** What a header says, once, as UTF-8 that can be shown. */
function textOf(header: string | string[] | undefined): string[] {
  if (typeof header !== 'string') return []
  const text = Buffer.from(header, 'latin1').toString().trim().slice(0, longest)
  return text === '' || unprintable.test(text) ? [] : [text]
}
