import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// RFC 6238 as authenticator apps understand it: HMAC-SHA-1, six digits, thirty seconds. They ignore any other choice.

const stepSeconds = 30
const digits = 6
/** RFC 4226 4, R6: as long as the hash. */
const secretLength = 20

/**
 * How many steps to either side of now are taken. RFC 6238 5.2 advises one, for the time that typing and the network
 * take and for clocks that differ. A documented deviation from ASVS 5.0 6.5.5, which wants codes to live for thirty
 * seconds: no code is taken twice, and guesses are counted (5 a minute and 100 in a row, of a million codes).
 */
const drift = 1

/** A fresh secret. */
export function newTotpSecret(): Buffer {
  return randomBytes(secretLength)
}

/** The time step of a moment (RFC 6238 4.2). */
export function totpStep(at: Date): number {
  return Math.floor(at.getTime() / 1000 / stepSeconds)
}

/** The code of a time step (RFC 4226 5.3). @param length digits: six everywhere but in the RFC's own examples. */
export function totpCode(secret: Buffer, step: number, length: number = digits): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** length).padStart(length, '0')
}

/**
 * The step that a code is of, if it is of one that is taken now. Each is compared in constant time.
 * @param typed spaces between the digits do not count.
 */
export function matchingStep(secret: Buffer, typed: string, now: Date): number | undefined {
  const given = Buffer.from(typed.replace(/\s/g, ''))
  const current = totpStep(now)
  let match: number | undefined
  for (let step = current - drift; step <= current + drift; step += 1) {
    const right = Buffer.from(totpCode(secret, step))
    if (right.length === given.length && timingSafeEqual(right, given)) match = step
  }
  return match
}

/** What an authenticator app is set up by, as a QR code or a link (Key URI Format). */
export function totpUri({
  secret,
  issuer,
  account,
}: {
  readonly secret: Buffer
  /** Who asks for the codes, as the app shows it. */
  readonly issuer: string
  /** Whose they are. */
  readonly account: string
}): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const query = `secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`
  return `otpauth://totp/${label}?${query}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Base32 without padding (RFC 4648 6). */
export function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}
