import { isAffordable, type ForeignHash } from './foreign-hash.ts'

const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const argon2 =
  /^\$argon2id?\$v=19\$m=([1-9]\d{0,8}),t=([1-9]\d{0,3}),p=([1-9]\d{0,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/
const pbkdf2 = /^\$pbkdf2-(sha256|sha512)\$i=([1-9]\d{0,8}),l=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const scrypt =
  /^\$scrypt\$ln=(\d{1,2}),r=([1-9]\d{0,4}),p=([1-9]\d{0,4})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/**
 * Reads a foreign hash as it is stored: bcrypt in its own form, everything else as a PHC string.
 * @returns undefined for any other text, and for one whose check would cost more than `isAffordable` allows.
 */
export function readForeignHash(text: string): ForeignHash | undefined {
  const hash = readBcrypt(text) ?? readArgon2(text) ?? readPbkdf2(text) ?? readScrypt(text)
  return hash !== undefined && isAffordable(hash) ? hash : undefined
}

function readBcrypt(text: string): ForeignHash | undefined {
  const found = bcrypt.exec(text)
  return found === null ? undefined : { scheme: 'bcrypt', text, cost: Number(found[1]) }
}

function readArgon2(text: string): ForeignHash | undefined {
  const found = argon2.exec(text)
  if (found === null) return undefined
  const [, memory, iterations, lanes] = found
  return {
    scheme: 'argon2',
    text,
    memoryKib: Number(memory),
    iterations: Number(iterations),
    lanes: Number(lanes),
  }
}

function readPbkdf2(text: string): ForeignHash | undefined {
  const [, digest, iterations, length, salt = '', key = ''] = pbkdf2.exec(text) ?? []
  const bytes = unBase64(salt, key)
  if ((digest !== 'sha256' && digest !== 'sha512') || bytes === undefined) return undefined
  if (bytes.key.length !== Number(length)) return undefined
  return { scheme: 'pbkdf2', digest, iterations: Number(iterations), ...bytes }
}

function readScrypt(text: string): ForeignHash | undefined {
  const [, logN, r, p, salt = '', key = ''] = scrypt.exec(text) ?? []
  const bytes = unBase64(salt, key)
  if (logN === undefined || bytes === undefined) return undefined
  return { scheme: 'scrypt', logN: Number(logN), r: Number(r), p: Number(p), ...bytes }
}

/** Both, when they are of a length that means something: a result of a few bytes would fit many passwords. */
function unBase64(salt: string, key: string): { salt: Buffer; key: Buffer } | undefined {
  const bytes = { salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
  const sane = bytes.salt.length >= 8 && bytes.salt.length <= 64
  return sane && bytes.key.length >= 16 && bytes.key.length <= 64 ? bytes : undefined
}
