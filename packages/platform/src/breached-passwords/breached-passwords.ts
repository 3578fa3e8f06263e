import { createHash } from 'node:crypto'
import { readCapped } from '../http/index.ts'

export interface BreachedPasswordsOptions {
  /** Where the ranges are: `<url>/range/<prefix>`. */
  readonly url: string
  /** Milliseconds until the whole answer must be there. */
  readonly answerWithin?: number
}

/** The first of the 40 hexadecimal digits of a SHA-1, which is all that leaves this process. */
const prefixLength = 5
/** A padded range has up to 1,000 lines of about 40 bytes. */
const mostBytes = 256 * 1024
const line = /^([0-9A-F]{35}):(\d{1,10})$/

/**
 * Pwned Passwords' range search (k-anonymity): asks for the suffixes of every breached password whose SHA-1 starts
 * alike, padded so that the length of the answer tells nothing either, and compares here. One try, no redirects.
 */
export function breachedPasswords({ url, answerWithin = 800 }: BreachedPasswordsOptions) {
  return {
    /** @throws when the service does not answer in time, or answers anything but a range. */
    includes: async (password: string): Promise<boolean> => {
      const sha1 = createHash('sha1').update(password).digest('hex').toUpperCase()
      const response = await fetch(`${url}/range/${sha1.slice(0, prefixLength)}`, {
        headers: { 'add-padding': 'true', accept: 'text/plain', 'user-agent': 'iam' },
        redirect: 'error',
        signal: AbortSignal.timeout(answerWithin),
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`The range search answered ${response.status}.`)
      }
      const range = await readCapped(response, mostBytes)
      return isIn(range.toString('latin1'), sha1.slice(prefixLength))
    },
  }
}

/** Padding has lines that count 0: they are not of breached passwords. */
function isIn(range: string, suffix: string): boolean {
  const lines = range.split(/\r?\n/).filter((text) => text !== '')
  const entries = lines.map((text) => line.exec(text))
  if (entries.length === 0 || entries.includes(null)) throw new Error('The range search answered no range.')
  return entries.some((entry) => entry?.[1] === suffix && Number(entry[2]) > 0)
}
