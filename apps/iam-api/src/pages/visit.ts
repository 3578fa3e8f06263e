import type { Id } from '@iam/domain/kit'
import type { Locale } from '@iam/domain/mail'
import type { BrowserSession } from '@iam/domain/session'
import { describeTenant, type TenantDescription } from '@iam/domain/tenant'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { formToken, requireForm } from '../http/form-token.ts'
import { browserSession } from '../http/session-cookie.ts'
import type { FormBody } from './form-body.ts'
import { pageLocale, rememberLocale } from './locale.ts'
import { languages, type Words } from './words/index.ts'

/** What every page knows of the request that it answers. */
export interface Visit {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly tenantId: Id<'ten'>
  readonly tenant: TenantDescription
  /** Where the tenant's pages are: `/t/<slug>`. */
  readonly base: string
  /** Of the browser; undefined when nobody is signed in there. */
  readonly session: BrowserSession | undefined
  readonly locale: Locale
  readonly words: Words
  /** For the forms of the page. */
  readonly formToken: string
}

/** A visit by somebody who is signed in. */
export type SignedInVisit = Visit & { readonly session: BrowserSession }

/**
 * Finds the tenant that the path names, who is signed in, and the language.
 * @throws Refusal what the directory refuses.
 */
export async function openVisit(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
  const { tenantId, slug } = await deps.tenants.require((request.params as { slug: string }).slug)
  const session = await browserSession(deps, request, tenantId)
  const locale = pageLocale(request, session?.locale)
  rememberLocale(request, reply)
  return {
    request,
    reply,
    tenantId,
    tenant: await describeTenant(deps, tenantId),
    base: `/t/${slug}`,
    session,
    locale,
    words: languages[locale],
    formToken: formToken(deps, request, reply, { tenantId, session }),
  }
}

/**
 * What the visit's form says, after making sure that the form is ours.
 * @throws TransportRefusal `form_refused`.
 */
export function formOf(deps: Deps, { request, tenantId, session }: Visit): FormBody {
  const form = (request.body ?? new Map()) as FormBody
  requireForm(deps, request, { tenantId, session, token: form.get('form') })
  return form
}
