import type { Environment } from '@iam/local-stack/stack'

/** Hashes at the least cost that iam-api takes: where many log in at once, nobody is to wait for memory and cores. */
export const cheapHashes = {
  IAM_ARGON2_MEMORY_KIB: '7168',
  IAM_ARGON2_ITERATIONS: '1',
  IAM_ARGON2_LANES: '1',
}

/** A stack's environment with them, for `startStack`. */
export function withCheapHashes(program: string, environment: Environment): Environment {
  return program === 'iam-api' ? { ...environment, ...cheapHashes } : environment
}
