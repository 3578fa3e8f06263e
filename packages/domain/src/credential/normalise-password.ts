/**
 * What is hashed of a password: its NFC form, which makes no difference that a person can see, and every byte of
 * it (NIST SP 800-63B-4 3.1.1.2). Imported hashes are compared with the same form.
 */
export function normalisePassword(text: string): string {
  return text.normalize('NFC')
}
