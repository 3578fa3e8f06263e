import type { ForeignVerifier, PasswordHasher } from '@iam/domain/credential'
import { argon2Hasher } from '@iam/platform/argon2'
import { verifyForeignHash } from '@iam/platform/foreign-hash'

export interface CountedHashers {
  readonly hasher: PasswordHasher & { readonly count: { hashes: number } }
  readonly foreign: ForeignVerifier
}

/** argon2id at its smallest: the real thing, quick enough to log in thousands of times. */
const smallest = { memoryKib: 64, iterations: 1, lanes: 1 }

/** Counts every hash that is made or checked, whoever's it is. @param parameters of argon2id; the smallest by default. */
export function countedHashers(parameters = smallest): CountedHashers {
  const real = argon2Hasher(parameters)
  const count = { hashes: 0 }
  return {
    hasher: {
      decoy: real.decoy,
      isCurrent: real.isCurrent,
      count,
      hash: async (password, pepper) => {
        count.hashes += 1
        return real.hash(password, pepper)
      },
      verify: async (phc, password, pepper) => {
        count.hashes += 1
        return real.verify(phc, password, pepper)
      },
    },
    foreign: {
      verify: async (hash, password) => {
        count.hashes += 1
        return verifyForeignHash(hash, password)
      },
    },
  }
}
