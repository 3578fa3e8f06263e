import type { FastifyReply, FastifyRequest } from 'fastify'
import { dropFlash, keepFlash, readFlash, type Flash } from './flash.ts'
import type { Content, Html } from './html.ts'
import { layout } from './layout.ts'
import { nextNameIn } from './next-page.ts'
import { showsPasswords } from './password-field.ts'
import type { Visit } from './visit.ts'

/** What a page shows inside its frame. */
export interface View {
  readonly title: string
  readonly content: Content
  readonly wide?: boolean
  /** After how many seconds it is to be loaded anew. */
  readonly refresh?: number
  /** The path of the script that it needs; its answer's policy must allow it: see `allowPasskeyScript`. */
  readonly script?: string
}

/** Answers with a page. */
export function sendHtml(reply: FastifyReply, page: Html, status = 200): FastifyReply {
  return reply.code(status).header('content-type', 'text/html; charset=utf-8').send(page.toString())
}

/** Answers a visit with a page. @param refused the status, when the page says why a form was refused. */
export function show(visit: Visit, view: View, refused?: number): FastifyReply {
  const { locale, words, tenant, base } = visit
  const page = layout(
    {
      ...view,
      locale,
      words,
      tenant: { name: tenant.name, base },
      here: hereOf(visit.request),
      failed: refused !== undefined,
    },
    view.content,
  )
  return sendHtml(visit.reply, page, refused)
}

/**
 * Goes on to another of the tenant's pages by GET, so that neither what was typed nor a token stays in what the
 * browser can send again.
 */
export function goTo(visit: Visit, page: string, flash?: Flash): FastifyReply {
  const { reply, tenantId, base } = visit
  if (flash !== undefined) keepFlash(reply, tenantId, flash)
  return reply.redirect(page === '' ? base : `${base}/${page}`, 303)
}

/** What the page before has to say, once, and the address that was typed there, for as long as it is needed. */
export function takeFlash({ request, reply, tenantId, words }: Visit): { said?: string; email?: string } {
  const { notice, email } = readFlash(request, tenantId)
  if (notice === undefined) return email === undefined ? {} : { email }
  if (email === undefined) dropFlash(reply)
  else keepFlash(reply, tenantId, { email })
  return { said: words.notices[notice], ...(email === undefined ? {} : { email }) }
}

/**
 * The page's own address without its language, but with what the page is about: the token that a mailed link brought,
 * what follows, whether passwords are shown.
 */
export function hereOf(request: FastifyRequest, shown = showsPasswords(request)): string {
  const path = request.url.split('?')[0] ?? ''
  const kept = Object.entries({
    token: tokenOf(request),
    next: nextNameIn(request),
    show: shown ? '1' : undefined,
  })
  const query = kept.flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
  )
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** The token that a mailed link brought: in the address at first, in the form from then on. */
export function tokenOf({ query, body }: FastifyRequest): string | undefined {
  const given = body instanceof Map ? (body.get('token') as unknown) : (query as { token?: unknown }).token
  return typeof given === 'string' && given !== '' && given.length <= 136 ? given : undefined
}
