import { field, type Fault } from './fields.ts'
import type { Html } from './html.ts'
import type { Visit } from './visit.ts'

/** The field for the address of somebody's account, where a page begins with it. */
export function emailField({ words }: Visit, value: string | undefined, fault: Fault | undefined): Html {
  const { email: label } = words.fields
  return field({ name: 'email', type: 'email', label, autocomplete: 'username', value, first: true }, fault)
}
