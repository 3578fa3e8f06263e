/** So many points in a period, counted for each key by itself. The period begins with a key's first point. */
export interface Rule {
  readonly name: string
  readonly points: number
  readonly seconds: number
}

/** What a key has used up of its period. */
export interface Taken {
  /** How many points the period has; infinite where nothing is counted. */
  readonly points: number
  /** How many were asked for so far, this one included. More than `points`: this one is refused. */
  readonly used: number
  /** Milliseconds until the period ends. */
  readonly resetIn: number
}

/** Counts atomically: of any number of callers at once, exactly `points` are not refused. Never rejects. */
export interface Limiter {
  /** Takes one point. */
  take(rule: Rule, key: string): Promise<Taken>
  /** How many points were taken of the running period. */
  used(rule: Rule, key: string): Promise<number>
  /** Ends the key's period. */
  forget(rule: Rule, key: string): Promise<void>
}
