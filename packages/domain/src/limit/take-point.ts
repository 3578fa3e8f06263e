import { createHmac } from 'node:crypto'
import { appendAudit } from '../audit/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin, type Standing } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { Limiter } from './limiter.ts'
import type { LimitedBy } from './limits.ts'

export type LimitDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly limiter: Limiter
}

/** Whom a point is taken from: the network, normalised address or id, at one tenant. */
export interface Counted {
  readonly tenantId: Id<'ten'>
  readonly by: LimitedBy
  readonly value: string
}

export interface TakePoint extends Counted {
  readonly rule: { readonly name: string; readonly points: number; readonly seconds: number }
  /** Seconds that a refused caller is told to wait, when not until the period ends. */
  readonly retryAfter?: number | undefined
  readonly origin: RequestOrigin
  /** What the caller is told besides when it is refused. */
  readonly told: readonly Standing[]
}

/**
 * Takes one point.
 * @returns where that leaves the one who is counted; undefined where nothing is counted.
 * @throws Refusal `rate_limited`. The audit trail tells of the first refusal of a period and not of the others,
 *   since a flood must not fill it.
 */
export async function takePoint(deps: LimitDeps, input: TakePoint): Promise<Standing | undefined> {
  const { rule, told } = input
  const { points, used, resetIn } = await deps.limiter.take(rule, limitKey(deps, input))
  if (!Number.isFinite(points)) return undefined
  const resetAfter = Math.max(1, Math.ceil(resetIn / 1000))
  const standing = {
    limit: rule.name,
    points,
    seconds: rule.seconds,
    left: Math.max(0, points - used),
    resetAfter,
  }
  if (used <= points) return standing
  if (used === points + 1) await recordRefusal(deps, input)
  throw new Refusal('rate_limited', {
    retryAfter: input.retryAfter ?? resetAfter,
    standings: [...told, standing],
  })
}

/** The key that somebody is counted under; hash-tagged, so that a cluster keeps a tenant's keys together. */
export function limitKey(deps: Pick<LimitDeps, 'secrets' | 'clock'>, counted: Counted): string {
  return `{${counted.tenantId}}:${hmacOf(deps, counted).toString('base64url')}`
}

/** Neither Redis nor the audit trail holds addresses of any kind. */
function hmacOf(
  { secrets, clock }: Pick<LimitDeps, 'secrets' | 'clock'>,
  { tenantId, by, value }: Counted,
): Buffer {
  const { key } = secrets.of('fingerprint').current(clock())
  return createHmac('sha256', key).update(['limit', tenantId, by, value].join('\0')).digest()
}

/** Whoever is refused is refused, whatever becomes of this: without the database there is nothing to get at. */
async function recordRefusal(deps: LimitDeps, input: TakePoint): Promise<void> {
  const { tenantId, by, value, rule, origin } = input
  const ours = by === 'user' || by === 'family' ? value : undefined
  const audit = appendAudit({
    tenantId,
    at: deps.clock(),
    actor: { type: 'anonymous' },
    action: 'request.rate_limited',
    target: { type: by, id: ours },
    outcome: 'refused',
    reason: rule.name,
    subjectHmac: hmacOf(deps, input),
    origin,
  })
  await inOneFlight(deps.db, { tenantId }, [audit]).catch(() => undefined)
}
