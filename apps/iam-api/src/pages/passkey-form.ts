import { html, type Content, type Html } from './html.ts'
import type { Visit } from './visit.ts'

export interface PasskeyForm {
  /** Whether one is made or used. */
  readonly ceremony: 'create' | 'get'
  /** Where the form goes with what the browser answers; `/options` below it tells what the browser is to be asked. */
  readonly action: string
  readonly submit: string
  readonly kind?: 'primary' | 'quiet'
  /** Whether the browser offers passkeys in the page's field for the address, too. */
  readonly conditional?: boolean
}

/** A form that a passkey answers. The script shows it where there are passkeys; without one it stays hidden. */
export function passkeyForm(
  { formToken, words }: Pick<Visit, 'formToken' | 'words'>,
  { ceremony, action, submit, kind = 'quiet', conditional = false }: PasskeyForm,
  fields?: Content,
): Html {
  const { cancelled, failed, known } = words.passkeys
  return html`<form class="stack" method="post" action="${action}" novalidate hidden data-passkey="${ceremony}" data-options="${action}/options" data-cancelled="${cancelled}" data-failed="${failed}" data-known="${known}"${conditional && html` data-conditional="yes"`}>
<input type="hidden" name="form" value="${formToken}">
<input type="hidden" name="challenge"><input type="hidden" name="passkey">
${fields}
<div class="notice bad" role="alert" hidden></div>
<button${kind === 'quiet' && html` class="quiet"`}>${submit}</button>
</form>`
}
