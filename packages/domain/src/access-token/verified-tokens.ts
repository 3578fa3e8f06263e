import type { Id } from '../kit/index.ts'

/** What an access token that we issued says, after its signature held. */
export interface VerifiedToken {
  readonly header: string
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly grantId: Id<'grt'>
  readonly clientId: Id<'cli'>
  readonly audience: string
  readonly scope: string
  /** How the person had proved who they are, how strong that was, and when, in seconds since the epoch. */
  readonly amr: readonly string[]
  readonly acr: string
  readonly authTime: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

const mostRemembered = 10_000

/**
 * Tokens whose signature was verified in this process, by the token's hash. A hit saves the signature check and
 * nothing else: expiry, key and session are looked at every time.
 */
export class VerifiedTokens {
  readonly #tokens = new Map<string, VerifiedToken>()

  get(hash: string): VerifiedToken | undefined {
    return this.#tokens.get(hash)
  }

  /** Remembers one more; the oldest goes when there are too many. */
  remember(hash: string, token: VerifiedToken): void {
    if (this.#tokens.size >= mostRemembered) {
      const oldest = this.#tokens.keys().next()
      if (oldest.value !== undefined) this.#tokens.delete(oldest.value)
    }
    this.#tokens.set(hash, token)
  }
}
