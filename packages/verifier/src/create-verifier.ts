import { compactVerify } from 'jose'
import { readAccess, type Access, type Expected } from './access.ts'
import { KeySetCache, type KeySetOptions } from './key-set-cache.ts'
import { StatusUnavailable, TokenRefused } from './refusals.ts'
import { readStatus } from './status-claim.ts'
import { StatusLists } from './status-lists.ts'
import { objectOf, readHeader } from './token-parts.ts'
import { algorithms as known, type Algorithm, type VerifyingKey } from './verifying-key.ts'

export interface VerifierOptions extends Omit<KeySetOptions, 'now' | 'monotonic' | 'purpose'> {
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
  /** What a token's status decides; `preferred` when nothing is said. */
  readonly status?: StatusRule
  /** Milliseconds since the epoch; the machine's clock when nothing is said. */
  readonly now?: () => number
  /**
   * Milliseconds since some time, which nobody sets back: how old an answer is. `now` where that is given, otherwise
   * the time since this process began.
   */
  readonly monotonic?: () => number
}

/**
 * What a token's status decides. `required`: a token is taken only if it is known not to be revoked. `preferred`: one
 * that is known to be revoked is refused, and while no list can be had tokens are good until they expire. `off`: no list
 * is asked for.
 */
export type StatusRule = 'required' | 'preferred' | 'off'

export interface Verifier {
  /**
   * Verifies an access token (RFC 9068 4) without asking anybody but, now and then, for the key set and a status list.
   * @param options `status` instead of what the verifier was made with.
   * @throws TokenRefused when it opens nothing here, KeysUnavailable and StatusUnavailable when that cannot be known.
   */
  readonly verify: (token: string, options?: { readonly status?: StatusRule }) => Promise<Access>
  /** Fetches the key set, so that the first request need not wait. @throws KeysUnavailable */
  readonly ready: () => Promise<void>
  /** How many tokens were taken without their status being known, since the start: for a metric. */
  readonly statusUnknown: () => number
}

/** Makes what a service verifies access tokens by. One for the whole process: it holds the key set. */
export function createVerifier(options: VerifierOptions): Verifier {
  const now = options.now ?? Date.now
  const monotonic = options.monotonic ?? options.now ?? (() => performance.now())
  const clocks = { now, monotonic }
  const keySet = new KeySetCache({ ...options, ...clocks })
  const { issuer, audience, tenants, skewSeconds = 10, algorithms = known } = options
  const { status: usually = 'preferred' } = options
  if (algorithms.length === 0 || !algorithms.every((alg) => known.includes(alg)))
    throw new Error(`The algorithms must be some of ${known.join(', ')}.`)
  const expected: Expected = { issuer, audience, tenants, skewSeconds }
  const statusKeys = new KeySetCache({ ...options, ...clocks, purpose: 'status' })
  const lists = new StatusLists({
    ...options,
    ...clocks,
    find: (kid) => statusKeys.find(kid),
    deny: (kids) => [keySet, statusKeys].forEach((keys) => keys.deny(kids)),
  })
  let unknown = 0
  return {
    verify: async (token, { status = usually } = {}) => {
      const { alg, kid } = readHeader(token)
      if (!algorithms.includes(alg)) throw new TokenRefused('wrong_algorithm')
      const key = await keySet.find(kid)
      if (key === undefined || key.alg !== alg) throw new TokenRefused('unknown_key')
      const claims = objectOf(await payloadOf(token, key))
      const access = readAccess(claims, expected, now() / 1000)
      if (status !== 'off' && !(await stands(lists, claims, { issuer, status }))) unknown += 1
      // A list may have told that the key was given up.
      if (keySet.isDenied(kid)) throw new TokenRefused('unknown_key')
      return access
    },
    ready: () => keySet.ready(),
    statusUnknown: () => unknown,
  }
}

/**
 * Asks for the status of a token whose signature held.
 * @returns false where it is not known and need not be.
 * @throws TokenRefused, StatusUnavailable
 */
async function stands(
  lists: StatusLists,
  claims: Readonly<Record<string, unknown>>,
  { issuer, status }: { readonly issuer: string; readonly status: 'required' | 'preferred' },
): Promise<boolean> {
  const claim = readStatus(claims, issuer)
  if (claim === undefined && status === 'required') throw new TokenRefused('no_status')
  const known = claim === undefined ? 'unknown' : await lists.statusOf(claim)
  if (known === 'revoked' || known === 'no_such_slot') throw new TokenRefused('revoked')
  if (known === 'unknown' && status === 'required') throw new StatusUnavailable()
  return known === 'valid'
}

async function payloadOf(token: string, key: VerifyingKey): Promise<string> {
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] })
    return new TextDecoder('utf-8', { fatal: true }).decode(payload)
  } catch {
    throw new TokenRefused('bad_signature')
  }
}
