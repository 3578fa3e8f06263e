import { localeFrom, locales, type Locale } from '@iam/domain/mail'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setCookie } from '../http/cookies.ts'

const name = '__Host-iam_lang'
const oneYear = 31_536_000

/** The language of a page: the one just chosen, the one chosen before, the account's, the browser's. */
export function pageLocale(request: FastifyRequest, ofAccount?: string): Locale {
  const { lang } = request.query as { lang?: unknown }
  return (
    known(lang) ??
    known(cookieOf(request, name)) ??
    known(ofAccount) ??
    localeFrom(request.headers['accept-language'])
  )
}

/** Remembers a language that was chosen on this page. */
export function rememberLocale(request: FastifyRequest, reply: FastifyReply): void {
  const locale = known((request.query as { lang?: unknown }).lang)
  if (locale !== undefined) setCookie(reply, name, locale, { sameSite: 'Lax', maxAge: oneYear })
}

function known(given: unknown): Locale | undefined {
  return locales.find((locale) => locale === given)
}
