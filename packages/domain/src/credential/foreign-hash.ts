/** A hash that another system made, taken apart. */
export type ForeignHash =
  | { readonly scheme: 'bcrypt'; readonly text: string; readonly cost: number }
  | ForeignArgon2
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

interface ForeignArgon2 {
  readonly scheme: 'argon2'
  readonly text: string
  readonly memoryKib: number
  readonly iterations: number
  readonly lanes: number
}

const mebibyte = 1024 * 1024

/**
 * Whether checking a foreign hash costs no more than about a second of one core and 128 MiB: whoever supplies the
 * hashes would otherwise decide how long a login keeps everybody else's waiting. The limits leave room for what
 * is recommended today (OWASP: bcrypt 10, PBKDF2-SHA256 600,000, scrypt 2^17/8/1, argon2id 46 MiB).
 */
export function isAffordable(hash: ForeignHash): boolean {
  if (hash.scheme === 'bcrypt') return hash.cost >= 4 && hash.cost <= 14
  if (hash.scheme === 'argon2') return isAffordableArgon2(hash)
  if (hash.scheme === 'pbkdf2') return hash.iterations >= 1_000 && hash.iterations * blocks(hash) <= 2_000_000
  const { logN, r, p } = hash
  return logN >= 1 && logN < 16 * r && 128 * 2 ** logN * r * p <= 128 * mebibyte
}

function isAffordableArgon2({ memoryKib, iterations, lanes }: ForeignArgon2): boolean {
  const sane = lanes <= 16 && memoryKib >= 8 * lanes
  return sane && memoryKib <= 128 * 1024 && memoryKib * iterations <= 768 * 1024
}

/** PBKDF2 does all its iterations for each piece as long as the digest (RFC 8018 5.2). */
function blocks({ digest, key }: { digest: 'sha256' | 'sha512'; key: Buffer }): number {
  return Math.ceil(key.length / (digest === 'sha256' ? 32 : 64))
}
