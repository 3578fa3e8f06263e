/** How old a key set is, as those are told who have to do something about it. */
export type Freshness = 'fresh' | 'late' | 'overdue' | 'expired'

/** Seconds. It is signed anew every hour: once or twice may fail, and twelve times may not. */
const limits = { late: 3 * 3600, overdue: 12 * 3600 }

/** How fresh a document is. @param now seconds since the epoch, as its claims. */
export function freshnessOf(
  { iat, exp }: { readonly iat: number; readonly exp: number },
  now: number,
): Freshness {
  if (exp <= now) return 'expired'
  if (now - iat >= limits.overdue) return 'overdue'
  return now - iat >= limits.late ? 'late' : 'fresh'
}
