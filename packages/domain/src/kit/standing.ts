/** Where a caller stands under one limit. */
export interface Standing {
  /** The limit's name. */
  readonly limit: string
  readonly points: number
  /** The length of its period, in seconds. */
  readonly seconds: number
  /** Points left in the period. */
  readonly left: number
  /** Seconds until the period ends, rounded up. */
  readonly resetAfter: number
}
