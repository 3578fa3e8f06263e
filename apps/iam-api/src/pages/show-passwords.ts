import { hereOf } from './answer.ts'
import { html, type Html } from './html.ts'
import { showsPasswords } from './password-field.ts'
import type { Visit } from './visit.ts'

/** The link, beside a form with passwords, to the same page that shows what is typed, and back. */
export function showPasswordsLink({ request, words }: Visit): Html {
  const shown = showsPasswords(request)
  const here = hereOf(request, !shown)
  const { show, hide } = words.showPasswords
  return html`<a href="${here}">${shown ? hide : show}</a>`
}
