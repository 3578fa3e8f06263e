import { normalisePassword } from './normalise-password.ts'
import type { HashDeps, StoredPassword } from './passwords.ts'

/** Hashes a new password. @throws Refusal `login_busy` when the queue is full or the deadline passed. */
export async function hashPassword(
  deps: HashDeps,
  input: { tenantId: string; password: string },
): Promise<StoredPassword> {
  const release = await deps.passwords.admission.enter(input.tenantId)
  try {
    return await hashAdmitted(deps, input.password)
  } finally {
    release()
  }
}

/** Hashes for a caller that has its turn. */
export async function hashAdmitted(
  deps: Pick<HashDeps, 'secrets' | 'clock'> & { passwords: Pick<HashDeps['passwords'], 'hasher'> },
  password: string,
): Promise<StoredPassword> {
  const pepper = deps.secrets.of('pepper').current(deps.clock())
  const hash = await deps.passwords.hasher.hash(normalisePassword(password), pepper.key)
  return { hash, pepperVersion: pepper.version }
}
