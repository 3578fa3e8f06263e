/**
 * The one spelling an address is stored and looked up by: NFC, without space around it, in lower case. Mail
 * systems that tell case apart in the local part are rarer than people who type it differently.
 */
export function normaliseEmail(text: string): string {
  return text.normalize('NFC').trim().toLowerCase()
}
