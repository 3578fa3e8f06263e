import { Refusal } from '@iam/domain/kit'
import type { AssertionJson, RegistrationJson } from '@iam/domain/passkey'
import { Check } from 'typebox/value'
import { Assertion, Registration } from '../routes/passkey-schemas.ts'
import type { FormBody } from './form-body.ts'

/** What the browser answered, and the challenge that it answered, of the shape that the REST API takes. */
export interface PasskeyAnswer<T> {
  readonly challenge: string
  readonly passkey: T
}

/** A passkey that was used, in a form. @throws Refusal `passkey_invalid` for what no browser of ours sends. */
export function assertionIn(form: FormBody): PasskeyAnswer<AssertionJson> {
  const passkey = parse(form)
  if (!Check(Assertion, passkey)) throw new Refusal('passkey_invalid')
  return { challenge: form.get('challenge') ?? '', passkey }
}

/** A passkey that was made, in a form. @throws Refusal `passkey_invalid`. */
export function registrationIn(form: FormBody): PasskeyAnswer<RegistrationJson> {
  const passkey = parse(form)
  if (!Check(Registration, passkey)) throw new Refusal('passkey_invalid')
  return { challenge: form.get('challenge') ?? '', passkey }
}

function parse(form: FormBody): unknown {
  try {
    return JSON.parse(form.get('passkey') ?? '')
  } catch {
    throw new Refusal('passkey_invalid')
  }
}
