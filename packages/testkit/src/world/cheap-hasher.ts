import type { PasswordHasher } from '@iam/domain/credential'
import { argon2Hasher } from '@iam/platform/argon2'

/** argon2id at its smallest: the real thing, quick enough to log in thousands of times. Counts its hashes. */
export function cheapHasher(): PasswordHasher & { readonly count: { hashes: number } } {
  const real = argon2Hasher({ memoryKib: 64, iterations: 1, lanes: 1 })
  const count = { hashes: 0 }
  return {
    decoy: real.decoy,
    count,
    hash: async (password, pepper) => {
      count.hashes += 1
      return real.hash(password, pepper)
    },
    verify: async (phc, password, pepper) => {
      count.hashes += 1
      return real.verify(phc, password, pepper)
    },
  }
}
