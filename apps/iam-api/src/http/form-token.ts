import { browserBinding } from '@iam/domain/challenge'
import { ulidOf, type Id } from '@iam/domain/kit'
import {
  fitsFormToken,
  formTokenOf,
  openPreSession,
  readPreSession,
  type BrowserSession,
} from '@iam/domain/session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { cookieOf, setCookie } from './cookies.ts'
import { TransportRefusal } from './problem.ts'

// How a page's forms are kept from being sent by another site (CSRF): by where the browser says they come from, and
// by a token in the form that follows from the browser's cookie.
//
//   GET        token = formToken(deps, request, reply, { tenantId, session })
//              <input type="hidden" name="form" value={token}>
//   POST       session = await browserSession(deps, request, tenantId)
//              requireForm(deps, request, { tenantId, session, token: request.body.form })
//
// `session` is the browser's, where it has one. Before a sign-in the token follows from a cookie of its own, which
// `formToken` sets and which lives for a working day after the last page. A page answers `form_refused` by showing the form
// again, with a new token and what was typed, passwords excepted.

type Form = {
  readonly tenantId: Id<'ten'>
  /** The session of the browser that asks; undefined when nobody is signed in there. */
  readonly session: BrowserSession | undefined
}

type FormDeps = Pick<Deps, 'issuer' | 'secrets' | 'clock'>

/** The token for the forms of the page that is being answered. Never in an address: only in a form's body. */
export function formToken(
  deps: FormDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { tenantId, session }: Form,
): string {
  if (session !== undefined) return formTokenOf(session.formKey)
  const previous = cookieOf(request, nameOf(tenantId))
  const { token, formKey, maxAge } = openPreSession(deps, { tenantId, previous })
  setCookie(reply, nameOf(tenantId), token, { sameSite: 'Lax', maxAge })
  return formTokenOf(formKey)
}

/**
 * Makes sure that a form was shown by us to this browser, and sent by its page. To be called before anything is done
 * with what the form says.
 * @throws TransportRefusal `form_refused`.
 */
export function requireForm(
  deps: FormDeps,
  request: FastifyRequest,
  { tenantId, session, token }: Form & { readonly token: string | undefined },
): void {
  const key = session?.formKey ?? preSessionKey(deps, request, tenantId)
  if (!isFromOwnPage(deps, request) || key === undefined || token === undefined || !fitsFormToken(key, token))
    throw new TransportRefusal('form_refused')
}

/** Whether the browser sent the cookie that its forms are tied to, whatever it is worth. */
export function hasFormCookie(request: FastifyRequest, { tenantId, session }: Form): boolean {
  return session !== undefined || cookieOf(request, nameOf(tenantId)) !== undefined
}

/**
 * What binds a challenge to this browser: it follows from the cookie that its forms are tied to.
 * @throws TransportRefusal `form_refused` for a browser that has none, which was shown no form either.
 */
export function bindingOf(deps: FormDeps, request: FastifyRequest, { tenantId, session }: Form): Buffer {
  const key = session?.formKey ?? preSessionKey(deps, request, tenantId)
  if (key === undefined) throw new TransportRefusal('form_refused')
  return browserBinding(key)
}

/** Removes the cookie that forms were tied to before the sign-in. */
export function clearFormCookie(reply: FastifyReply, tenantId: Id<'ten'>): void {
  setCookie(reply, nameOf(tenantId), '', { sameSite: 'Lax', maxAge: 0 })
}

function preSessionKey(deps: FormDeps, request: FastifyRequest, tenantId: Id<'ten'>) {
  const token = cookieOf(request, nameOf(tenantId))
  return token === undefined ? undefined : readPreSession(deps, { tenantId, token })
}

/**
 * Whether the browser says that a page of ours sends this. `Sec-Fetch-Site` decides where it is there, because a page
 * with `Referrer-Policy: no-referrer` sends its forms with `Origin: null`; older browsers have only `Origin`.
 */
function isFromOwnPage({ issuer }: Pick<Deps, 'issuer'>, { headers }: FastifyRequest): boolean {
  const own = headers.origin === new URL(issuer).origin
  const site = headers['sec-fetch-site']
  if (site === undefined) return own
  return site === 'same-origin' && (own || headers.origin === undefined || headers.origin === 'null')
}

function nameOf(tenantId: Id<'ten'>): `__Host-${string}` {
  return `__Host-iam_form_${ulidOf(tenantId)}`
}
