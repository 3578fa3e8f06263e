import { normalisePassword } from './normalise-password.ts'
import type { CommonPasswords } from './passwords.ts'
import { longestPassword, refusePassword } from './refuse-password.ts'
import { bare, isPattern, spellings } from './spellings.ts'

/** What a password is judged by without asking anybody. */
export interface AcceptanceRules {
  readonly common: CommonPasswords
  /** Words that the person, the tenant or the service is known by. */
  readonly context: readonly string[]
  /** In code points. */
  readonly least: number
}

/**
 * Judges a new password by its length and by the whole of it being a word that is guessed first: no rules of
 * composition (NIST SP 800-63B-4 3.1.1.2, OWASP ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.11). Length is counted in code
 * points after NFC.
 * @throws Refusal `password_unacceptable` with reason `too_short`, `too_long`, `common` or `context`.
 */
export async function requireAcceptable(
  password: string,
  { common, context, least }: AcceptanceRules,
): Promise<void> {
  const normalised = normalisePassword(password)
  const length = [...normalised].length
  if (length < least) throw refusePassword('too_short', least)
  if (length > longestPassword) throw refusePassword('too_long', least)
  const forms = spellings(normalised)
  const words = new Set(context.flatMap(withParts).map(bare))
  if (forms.some((form) => words.has(form))) throw refusePassword('context', least)
  if (isPattern(normalised) || (await common.includesAny(forms))) throw refusePassword('common', least)
}

/** The words that a person's address is made of. */
export function wordsOfAddress(email: string): string[] {
  const at = email.lastIndexOf('@')
  return [email, email.slice(0, at), email.slice(at + 1)]
}

/** A name, and each word of it: "grand-hotel.example" and "grand", "hotel", "example". */
function withParts(name: string): string[] {
  return [name, ...name.split(/[^\p{L}\p{M}\p{N}]+/u)]
}
