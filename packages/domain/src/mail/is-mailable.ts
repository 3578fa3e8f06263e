/** What ends an address, or begins another one, for some program on its way (RFC 5322 3.4). */
const part = String.raw`[^\s@\p{Cc}\p{Cs}"(),:;<>\[\\\]]`

/**
 * An address that every mail program takes for this one and nothing else: no quotes, comments, lists or groups
 * (RFC 5321 4.1.2 knows quoted local parts; who has one gives another address). At most 254 characters besides.
 */
export const mailablePattern = `^${part}{1,64}@${part}{1,189}$`

const mailable = new RegExp(mailablePattern, 'u')

/** Whether a mail can be sent to exactly this address. */
export function isMailable(address: string): boolean {
  return address.length <= 254 && mailable.test(address)
}
