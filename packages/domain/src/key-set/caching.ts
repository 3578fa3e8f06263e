/** How long shared caches may answer with the key set (RFC 9111, RFC 5861), in seconds. iam-jwks says so in its headers. */
export const keySetCaching = { fresh: 300, whileRevalidating: 60, ifError: 86_400 } as const

export interface Verifiers {
  /** The longest that any verifier keeps the key set, in seconds. */
  readonly cacheSeconds: number
  /** How often instances of iam-jwks look for a new document, and how far clocks may differ. */
  readonly pollSeconds: number
  readonly skewSeconds: number
}

/**
 * When the last cache on the way to a verifier has given up a key set after another was published, in seconds.
 * A key that signs earlier could be unknown to somebody who verifies.
 */
export function cacheHorizon({ cacheSeconds, pollSeconds, skewSeconds }: Verifiers): number {
  const { fresh, whileRevalidating, ifError } = keySetCaching
  return fresh + whileRevalidating + ifError + cacheSeconds + pollSeconds + skewSeconds
}

/** Where the key set is found, in every form that caches keep; a path that ends in `/*` is all under it. */
export const keySetPaths: readonly string[] = [
  '/.well-known/jwks.json',
  '/.well-known/jwks.jwt',
  '/.well-known/status-jwks.json',
  '/.well-known/historical-keys.jwt',
  '/.well-known/jwks/*',
]
