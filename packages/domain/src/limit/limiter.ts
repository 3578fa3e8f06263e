/** So many points in a period, counted for each key by itself. */
export interface Rule {
  readonly name: string
  readonly points: number
  readonly seconds: number
}

/**
 * Counts atomically, for all instances together as long as they can reach what they share, and for each by itself
 * otherwise. Never rejects.
 */
export interface Limiter {
  /** Takes one point. More `used` than `points`: this one is refused. @returns milliseconds in `resetIn`. */
  take(
    rule: Rule,
    key: string,
  ): Promise<{ readonly points: number; readonly used: number; readonly resetIn: number }>
  /** How many points were taken of the running period. */
  used(rule: Rule, key: string): Promise<number>
  /** Ends the key's period. */
  forget(rule: Rule, key: string): Promise<void>
}
