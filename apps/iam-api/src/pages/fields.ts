import { html, type Content, type Html } from './html.ts'
import type { Visit } from './visit.ts'

/** What is wrong with a form: with one of its fields, or as a whole. */
export interface Fault {
  readonly field?: string | undefined
  readonly sentence: string
}

export interface Field {
  readonly name: string
  /** Where a page has several fields of the name. */
  readonly id?: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password'
  readonly autocomplete:
    | 'username'
    | 'username webauthn'
    | 'email'
    | 'current-password'
    | 'new-password'
    | 'one-time-code'
    | 'organization'
    | 'off'
  readonly value?: string | undefined
  readonly hint?: string
  readonly code?: boolean
  /** Of a password that is to be stored: as few characters as there may be, for what makes one up. */
  readonly least?: number
  /** Of free text, which may be in any language and may be missing: how many characters there may be. */
  readonly longest?: number
  /** Whether the page begins here; a field at fault goes before it. */
  readonly first?: boolean
}

/** A labelled field with its hint, and with what is wrong with it. */
export function field(given: Field, fault?: Fault): Html {
  const { name, id = name, label } = given
  const mine = fault?.field === name ? fault : undefined
  // What is wrong says the same and more.
  const hint = mine === undefined ? given.hint : undefined
  const about = [hint !== undefined && `${id}-hint`, mine !== undefined && `${id}-fault`].filter(Boolean)
  return html`<div class="field">
<label for="${id}">${label}</label>
${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}
<input id="${id}" name="${name}"${attributesOf(given)}${about.length > 0 && html` aria-describedby="${about.join(' ')}"`}${mine !== undefined && html` aria-invalid="true"`}${beginsHere(given, fault) && html` autofocus`}>
${mine !== undefined && html`<p class="fault" id="${id}-fault" role="alert">${mine.sentence}</p>`}
</div>`
}

function attributesOf({ type = 'text', autocomplete, value, code, least, longest }: Field): Html {
  const rules =
    least !== undefined && html` minlength="${least}" passwordrules="minlength: ${least}; maxlength: 256;"`
  const plain =
    type === 'password' || longest !== undefined ? html`` : html` autocapitalize="none" spellcheck="false"`
  const digits = code === true && html` class="code" inputmode="numeric" maxlength="16"`
  const shape = longest === undefined ? html` dir="ltr" required` : html` dir="auto" maxlength="${longest}"`
  return html` type="${type}" autocomplete="${autocomplete}"${shape}${plain}${digits}${rules}${value !== undefined && html` value="${value}"`}`
}

function beginsHere({ name, first }: Field, fault: Fault | undefined): boolean {
  return fault?.field === undefined ? first === true : fault.field === name
}

/** A form of the page that is being answered; it goes back to the page's own path unless told otherwise. */
export function form(
  { formToken }: Pick<Visit, 'formToken'>,
  {
    action,
    submit,
    kind = 'primary',
    label,
  }: { action: string; submit: string; kind?: string; label?: string },
  fields?: Content,
  otherButtons?: Content,
): Html {
  // What is wrong is said by the server, in the page's language.
  return html`<form${kind !== 'link' && html` class="stack"`} method="post" action="${action}" novalidate>
<input type="hidden" name="form" value="${formToken}">
${fields}
<button${kind !== 'primary' && html` class="${kind}"`}${label !== undefined && html` aria-label="${label}"`}>${submit}</button>${otherButtons}
</form>`
}

/** What is wrong with the form as a whole. */
export function faultNotice(fault: Fault | undefined): Content {
  if (fault === undefined || fault.field !== undefined) return undefined
  return html`<div class="notice bad" role="alert">${fault.sentence}</div>`
}

/** What just happened. */
export function goodNotice(sentence: string | undefined): Content {
  return sentence !== undefined && html`<div class="notice good" role="status">${sentence}</div>`
}
