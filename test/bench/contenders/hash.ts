import { createSecretKey, randomBytes } from 'node:crypto'
import { argon2Hasher } from '@iam/platform/argon2'
import type { Opened, Work } from '../agent/protocol.ts'
import { closedLoop } from '../load/closed-loop.ts'

/** As iam-api ships. */
const shipped = { memoryKib: 65_536, iterations: 3, lanes: 4 }

/** Checks one password over and over, and does nothing else: what the machine has for logins. */
export async function openHash({ workers }: Extract<Work, { kind: 'hash' }>): Promise<Opened> {
  const { hash, verify } = argon2Hasher(shipped)
  const pepper = createSecretKey(randomBytes(32))
  const phc = await hash('password', pepper)
  const check = async () => verify(phc, 'password', pepper)
  return { run: (ms) => closedLoop(check, { workers, ms }), close: async () => undefined }
}
