import type { TotpSetup } from '@iam/domain/factor'
import type { View } from './answer.ts'
import { faultNotice, field, form, type Fault } from './fields.ts'
import type { FormBody } from './form-body.ts'
import { html, type Content } from './html.ts'
import { nextNameIn } from './next-page.ts'
import { qrCode } from './qr-code.ts'
import { FieldFault } from './submit.ts'
import type { Visit } from './visit.ts'

/** The code of an authenticator app in a form. @throws FieldFault. */
export function totpCodeIn(form: FormBody): string {
  // An Arabic keyboard has digits of its own.
  const code = (form.get('code') ?? '').replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
  const digits = code.replaceAll(/\s/g, '')
  if (!/^[0-9]{6}$/.test(digits)) throw new FieldFault('code', 'totp_malformed')
  return digits
}

/** The field for the code of an authenticator app. */
export function totpField({ words }: Visit, fault: Fault | undefined): Content {
  const { totp: label } = words.fields
  return field({ name: 'code', label, autocomplete: 'one-time-code', code: true, first: true }, fault)
}

/** What the form carries on of where the visitor wanted to go. */
export function nextField({ request }: Visit): Content {
  const next = nextNameIn(request)
  return next !== undefined && html`<input type="hidden" name="next" value="${next}">`
}

/**
 * Sets an authenticator app up: the QR code and the secret, shown this once, and the code that shows that it works.
 * After a wrong code the secret is not there any more: only what was scanned counts, or a new one.
 */
export function setupView(
  visit: Visit,
  { action, setup, factorId }: { action: string; setup: TotpSetup | undefined; factorId: string },
  fault?: Fault,
): View {
  const { title, lead, manual, picture, confirm, again } = visit.words.setUpTotp
  const fields = [
    nextField(visit),
    html`<input type="hidden" name="factor" value="${factorId}">`,
    totpField(visit, fault),
  ]
  const shown =
    setup !== undefined &&
    html`<p class="lead">${lead}</p>
${qrCode(setup.uri, picture)}
<details><summary>${manual}</summary><p class="secret" dir="ltr">${(setup.secret.match(/.{1,4}/g) ?? []).join(' ')}</p></details>`
  return {
    title,
    content: html`<h1>${title}</h1>
${faultNotice(fault)}
${shown}
${form(visit, { action, submit: confirm }, fields)}
<div class="more">${form(visit, { action, submit: again, kind: 'link' }, nextField(visit))}</div>`,
  }
}

/** Recovery codes, shown this once. */
export function recoveryCodesView(
  { words, base }: Visit,
  { codes, next }: { readonly codes: readonly string[]; readonly next: string },
): View {
  const { title, lead, goOn } = words.recoveryCodes
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
<ul class="codes" dir="ltr">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p><a class="button full" href="${base}/${next}">${goOn}</a></p>`,
  }
}
