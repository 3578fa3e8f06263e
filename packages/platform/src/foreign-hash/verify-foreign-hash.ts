import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { verify as verifyArgon2 } from '@node-rs/argon2'

/** A hash that another system made, taken apart; what it may cost was decided by whoever read it. */
export type ForeignHash =
  | { readonly scheme: 'bcrypt'; readonly text: string }
  | { readonly scheme: 'argon2'; readonly text: string }
  | {
      readonly scheme: 'pbkdf2'
      readonly digest: 'sha256' | 'sha512'
      readonly iterations: number
      readonly salt: Buffer
      readonly key: Buffer
    }
  | {
      readonly scheme: 'scrypt'
      readonly logN: number
      readonly r: number
      readonly p: number
      readonly salt: Buffer
      readonly key: Buffer
    }

type Derived = Extract<ForeignHash, { readonly key: Buffer }>

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt)

/**
 * Checks a password as the system would that made the hash: bcrypt sees the first 72 bytes of it, as bcrypt does.
 * All of it runs off the main thread.
 */
export async function verifyForeignHash(hash: ForeignHash, password: string): Promise<boolean> {
  if (hash.scheme === 'bcrypt') {
    const { verifyBcrypt } = await import('./verify-bcrypt.ts') // native, and not every deployment has imported hashes
    return verifyBcrypt(hash.text, password)
  }
  if (hash.scheme === 'argon2') return verifyArgon2(hash.text, password)
  return timingSafeEqual(await derive(hash, password), hash.key)
}

async function derive(hash: Derived, password: string): Promise<Buffer> {
  const { salt, key } = hash
  if (hash.scheme === 'pbkdf2') {
    return derivePbkdf2(password, salt, hash.iterations, key.length, hash.digest)
  }
  const { logN, r, p } = hash
  return deriveScrypt(password, salt, key.length, {
    N: 2 ** logN,
    r,
    p,
    maxmem: 128 * r * (2 ** logN + p + 2),
  })
}
