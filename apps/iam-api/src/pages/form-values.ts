import { isMailable } from '@iam/domain/mail'
import type { FormBody } from './form-body.ts'
import { FieldFault } from './submit.ts'

const address = /^[^\s@\p{Cc}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cs}]{1,189}$/u
/** As long as the REST API takes it. */
export const longestName = 128
const unprintable = /[\p{Cc}\p{Cs}]/u
const digits = /^[0-9 -]{8,16}$/
const fourDigits = /^[0-9]{4}$/

/** The address in a form, as the REST API takes it; spaces around it are a slip of the hand. @throws FieldFault. */
export function emailIn(form: FormBody, field = 'email'): string {
  const email = (form.get(field) ?? '').trim()
  if (email === '') throw new FieldFault(field, 'email_missing')
  if (email.length > 254 || !address.test(email)) throw new FieldFault(field, 'email_malformed')
  return email
}

/** An address that somebody wants to have here: mail must get there. @throws FieldFault. */
export function newEmailIn(form: FormBody, field = 'email'): string {
  const email = emailIn(form, field)
  if (!isMailable(email)) throw new FieldFault(field, 'email_malformed')
  return email
}

/** A password in a form, as it was typed. @throws FieldFault. */
export function passwordIn(form: FormBody, field: string): string {
  const password = form.get(field) ?? ''
  if (password === '') throw new FieldFault(field, 'password_missing')
  return password
}

/** The digits of a mail. @throws FieldFault. */
export function codeIn(form: FormBody): string {
  const code = latinDigits(form.get('code'))
  if (!digits.test(code)) throw new FieldFault('code', 'code_malformed')
  return code
}

/** The number that the device shows that asked for a link. @throws FieldFault. */
export function numberIn(form: FormBody): string {
  const number = latinDigits(form.get('number')).replaceAll(' ', '')
  if (!fourDigits.test(number)) throw new FieldFault('number', 'number_malformed')
  return number
}

/** An Arabic keyboard has digits of its own. */
function latinDigits(typed = ''): string {
  return typed.trim().replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
}

/** What somebody calls a thing of theirs; null for nothing. @throws FieldFault. */
export function nameIn(form: FormBody): string | null {
  const name = (form.get('name') ?? '').trim()
  if (name === '') return null
  if (name.length > longestName || unprintable.test(name)) throw new FieldFault(undefined, 'name_malformed')
  return name
}
