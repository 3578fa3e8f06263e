import { randomBytes, type KeyObject } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { inSpan } from '../telemetry/index.ts'

export interface Argon2Parameters {
  readonly memoryKib: number
  readonly iterations: number
  readonly lanes: number
}

/** argon2id (RFC 9106; the library's default of the three) with the given parameters, which each hash carries in its PHC string, and a pepper, which none does. */
export function argon2Hasher({ memoryKib, iterations, lanes }: Argon2Parameters) {
  const cost = { memoryCost: memoryKib, timeCost: iterations, parallelism: lanes }
  const parameters = `$argon2id$v=19$m=${memoryKib},t=${iterations},p=${lanes}$`
  return {
    decoy: `${parameters}${unpadded(16)}$${unpadded(32)}`,
    isCurrent: (phc: string): boolean => phc.startsWith(parameters),
    hash: async (password: string, pepper: KeyObject): Promise<string> =>
      inSpan('argon2 hash', {}, () => hash(password, { ...cost, secret: pepper.export() })),
    verify: async (phc: string, password: string, pepper: KeyObject): Promise<boolean> =>
      inSpan('argon2 verify', {}, () => verify(phc, password, { secret: pepper.export() })),
  }
}

function unpadded(length: number): string {
  return randomBytes(length).toString('base64').replaceAll('=', '')
}
