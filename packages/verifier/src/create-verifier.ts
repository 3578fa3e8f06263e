import { compactVerify } from 'jose'
import { readAccess, type Access, type Expected } from './access.ts'
import { KeySetCache, type KeySetOptions } from './key-set-cache.ts'
import { TokenRefused } from './refusals.ts'
import { objectOf, readHeader } from './token-parts.ts'
import { algorithms as known, type Algorithm, type VerifyingKey } from './verifying-key.ts'

export interface VerifierOptions extends Omit<KeySetOptions, 'now'> {
  /** This service, as tokens name it in `aud`. */
  readonly audience: string
  /**
   * Whose tokens open something here. `'any'` is for services that look at `tenantId` themselves: every tenant's
   * tokens are signed by the same keys.
   */
  readonly tenants: 'any' | readonly string[]
  /** What tokens may be signed with; all three when nothing is said. A key of another algorithm opens nothing here. */
  readonly algorithms?: readonly Algorithm[]
  /** How far clocks may differ, in seconds; 10 when nothing is said. */
  readonly skewSeconds?: number
  /** Milliseconds since the epoch; the machine's clock when nothing is said. */
  readonly now?: () => number
}

export interface Verifier {
  /**
   * Verifies an access token (RFC 9068 4) without asking anybody but, now and then, for the key set.
   * @throws TokenRefused when it opens nothing here, KeysUnavailable when that cannot be known.
   */
  readonly verify: (token: string) => Promise<Access>
  /** Fetches the key set, so that the first request need not wait. @throws KeysUnavailable */
  readonly ready: () => Promise<void>
}

/** Makes what a service verifies access tokens by. One for the whole process: it holds the key set. */
export function createVerifier(options: VerifierOptions): Verifier {
  const now = options.now ?? Date.now
  const keySet = new KeySetCache({ ...options, now })
  const { issuer, audience, tenants, skewSeconds = 10, algorithms = known } = options
  if (algorithms.length === 0 || !algorithms.every((alg) => known.includes(alg)))
    throw new Error(`The algorithms must be some of ${known.join(', ')}.`)
  const expected: Expected = { issuer, audience, tenants, skewSeconds }
  return {
    verify: async (token) => {
      const { alg, kid } = readHeader(token)
      if (!algorithms.includes(alg)) throw new TokenRefused('wrong_algorithm')
      const key = await keySet.find(kid)
      if (key === undefined || key.alg !== alg) throw new TokenRefused('unknown_key')
      const claims = objectOf(await payloadOf(token, key))
      return readAccess(claims, expected, now() / 1000)
    },
    ready: () => keySet.ready(),
  }
}

async function payloadOf(token: string, key: VerifyingKey): Promise<string> {
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] })
    return new TextDecoder('utf-8', { fatal: true }).decode(payload)
  } catch {
    throw new TokenRefused('bad_signature')
  }
}
