import { localeFrom, locales, type Locale } from '@iam/domain/mail'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setCookie } from '../http/cookies.ts'

const name = '__Host-iam_lang'
const oneYear = 31_536_000

/** The language of a page: the one just chosen, the one chosen before, the account's, the browser's. */
export function pageLocale(request: FastifyRequest, ofAccount?: string): Locale {
  return (
    known(chosenNow(request)) ??
    known(cookieOf(request, name)) ??
    known(ofAccount) ??
    localeFrom(request.headers['accept-language'])
  )
}

/** Remembers a language that was chosen on this page. */
export function rememberLocale(request: FastifyRequest, reply: FastifyReply): void {
  const locale = known(chosenNow(request))
  if (locale !== undefined) setCookie(reply, name, locale, { sameSite: 'Lax', maxAge: oneYear })
}

/** A request that is refused for its path has no query. */
function chosenNow({ query }: FastifyRequest): unknown {
  return (query as { lang?: unknown } | null)?.lang
}

function known(given: unknown): Locale | undefined {
  return locales.find((locale) => locale === given)
}
