import type { FastifyRequest } from 'fastify'
import { field, type Fault, type Field } from './fields.ts'
import { html, type Html } from './html.ts'
import type { Visit } from './visit.ts'

/**
 * Whether the person wants to see the passwords that they type (NIST SP 800-63B-4 3.1.1.2). No script can turn the
 * dots into letters here, so it is another page: the address says so at first, then the form.
 */
export function showsPasswords({ query, body }: FastifyRequest): boolean {
  const said: unknown = body instanceof Map ? body.get('show') : (query as { show?: unknown }).show
  return said === '1'
}

/** The field of a password. One that is shown is no business of a spelling checker, or of what fills in forms. */
export function passwordField({ request }: Visit, given: Omit<Field, 'type'>, fault?: Fault): Html {
  if (!showsPasswords(request)) return field({ ...given, type: 'password' }, fault)
  return html`${field({ ...given, autocomplete: 'off' }, fault)}<input type="hidden" name="show" value="1">`
}
