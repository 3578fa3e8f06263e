import { readForeignHash } from './read-foreign-hash.ts'
import type { StoredPassword } from './passwords.ts'

/** A credential as Keycloak exports it (`credentialData` and `secretData` in one object). */
export interface KeycloakHash {
  readonly algorithm: string
  readonly hashIterations: number
  /** Base64, as is `value`. */
  readonly salt: string
  readonly value: string
}

/**
 * Reads a hash from another system's export and writes it in the one form of its kind that we store: bcrypt
 * ($2a$, $2b$, $2y$), argon2id and argon2i without a secret, PBKDF2 with SHA-256 or SHA-512 (PHC strings,
 * passlib's, Django's and Keycloak's), scrypt (PHC strings and Django's).
 * @returns undefined for anything else, and for a hash that would cost too much to check (`isAffordable`).
 */
export function readImportedHash(given: string | KeycloakHash): StoredPassword | undefined {
  const hash = typeof given === 'string' ? spell(given) : ofKeycloak(given)
  if (hash === undefined || readForeignHash(hash) === undefined) return undefined
  return { hash, pepperVersion: null }
}

function spell(given: string): string | undefined {
  if (given.startsWith('bcrypt$$2')) return given.slice('bcrypt$'.length) // Django's
  if (given.startsWith('argon2$argon2')) return given.slice('argon2'.length) // Django's
  if (given.startsWith('pbkdf2_') || given.startsWith('scrypt$')) return ofDjango(given.split('$'))
  if (given.startsWith('$pbkdf2-')) return ofPhc(given)
  return given
}

/** `$pbkdf2-sha256$i=600000,l=32$salt$key`; `l` may be missing, and passlib writes the count alone and `.` for `+`. */
function ofPhc(given: string): string | undefined {
  const found = /^\$pbkdf2-(sha\d+)\$(?:i=)?(\d+)(?:,l=\d+)?\$([^$]+)\$([^$]+)$/.exec(given)
  if (found === null) return undefined
  const [, digest = '', iterations = '', salt = '', key = ''] = found
  const bytes = [salt, key].map((text) => Buffer.from(text.replaceAll('.', '+'), 'base64'))
  return pbkdf2({ digest, iterations, bytes })
}

/** `pbkdf2_sha256$870000$salt$key` and `scrypt$16384$salt$8$5$key`: the salt is text, the key Base64. */
function ofDjango([scheme = '', cost = '', salt = '', ...rest]: readonly string[]): string | undefined {
  const bytes = [Buffer.from(salt), Buffer.from(rest.at(-1) ?? '', 'base64')]
  if (scheme !== 'scrypt') {
    return rest.length === 1
      ? pbkdf2({ digest: scheme.slice('pbkdf2_'.length), iterations: cost, bytes })
      : undefined
  }
  const logN = Math.log2(Number(cost))
  if (rest.length !== 3 || !Number.isInteger(logN)) return undefined
  return `$scrypt$ln=${logN},r=${rest[0]},p=${rest[1]}${bytes.map(unpadded).join('')}`
}

function ofKeycloak({ algorithm, hashIterations, salt, value }: KeycloakHash): string | undefined {
  if (!algorithm.startsWith('pbkdf2-')) return undefined
  const bytes = [Buffer.from(salt, 'base64'), Buffer.from(value, 'base64')]
  return pbkdf2({ digest: algorithm.slice('pbkdf2-'.length), iterations: String(hashIterations), bytes })
}

function pbkdf2(of: { digest: string; iterations: string; bytes: readonly Buffer[] }): string {
  return `$pbkdf2-${of.digest}$i=${of.iterations},l=${of.bytes[1]?.length ?? 0}${of.bytes.map(unpadded).join('')}`
}

function unpadded(bytes: Buffer): string {
  return `$${bytes.toString('base64').replaceAll('=', '')}`
}
