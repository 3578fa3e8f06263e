import type { Id, RequestOrigin, Standing } from '../kit/index.ts'
import { limits, type Limit, type LimitName } from './limits.ts'
import { takePoint, type LimitDeps } from './take-point.ts'

export interface CountRequest {
  readonly tenantId: Id<'ten'>
  readonly origin: RequestOrigin
  /** What to count against, in this order. After a refusal nothing more is counted. */
  readonly counts: readonly {
    readonly limit: LimitName
    /** The network, the normalised address or the id that the limit counts by. */
    readonly value: string
  }[]
}

/**
 * Counts a request against its limits, before anything is looked up for it.
 * @returns where the caller stands, as far as it may know: how often others named an address is not told.
 * @throws Refusal `rate_limited`.
 */
export async function countRequest(
  deps: LimitDeps,
  { tenantId, origin, counts }: CountRequest,
): Promise<readonly Standing[]> {
  const told: Standing[] = []
  for (const { limit: name, value } of counts) {
    const { points, seconds, by, retryAfter }: Limit = limits[name]
    const rule = { name, points, seconds }
    const standing = await takePoint(deps, { tenantId, by, value, rule, retryAfter, origin, told })
    if (standing !== undefined && by !== 'address') told.push(standing)
  }
  return told
}
