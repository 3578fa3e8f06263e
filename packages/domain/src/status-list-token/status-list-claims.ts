/** The media type of a list without `application/`, which is its `typ` (Token Status List 5.1). */
export const statusListTyp = 'statuslist+jwt'

/** The claims of a status list (Token Status List 5.1), times in seconds. */
export interface StatusListClaims {
  /** The list's own address. */
  readonly sub: string
  readonly iat: number
  readonly exp: number
  /** How long a copy may be used before another is asked for. */
  readonly ttl: number
  readonly status_list: { readonly bits: 1; readonly lst: string }
  /** Ours: keys that were given up. Whoever reads this takes no token by them any more. */
  readonly denied_kids: readonly string[]
}

/** How long a list is believed and how long a copy of it is used, in seconds. */
export const statusListTimes = { lifetime: 300, ttl: 15 } as const
