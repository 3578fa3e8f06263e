import { endOfTurn, type SigningKeyPolicy } from './plan-signing-keys.ts'
import type { SigningKeyRow } from './queries.ts'

/**
 * When another key begins to sign: the time that was announced, or else when the planner would let the standby
 * follow. A hint for who verifies, to look at the key set again by then; nothing depends on it.
 * @returns seconds since the epoch; undefined while nothing can be said.
 */
export function nextRotation(
  keys: readonly SigningKeyRow[],
  now: Date,
  policy: SigningKeyPolicy,
): number | undefined {
  const lines = Map.groupBy(keys, ({ purpose, alg }) => `${purpose} ${alg}`)
  const times = [...lines.values()].flatMap((line) => turnOf(line, now, policy) ?? [])
  const next = Math.min(...times.filter((time) => time > now.getTime()))
  return Number.isFinite(next) ? Math.ceil(next / 1000) : undefined
}

function turnOf(line: readonly SigningKeyRow[], now: Date, policy: SigningKeyPolicy): number | undefined {
  const active = line.findLast(({ state }) => state === 'active')
  if (active?.activateAt != null && active.activateAt > now) return active.activateAt.getTime()
  const standby = line.find(({ state }) => state === 'published')
  if (active === undefined || standby?.publishedAt == null) return undefined
  const known = standby.publishedAt.getTime() + policy.activationLead * 1000
  return Math.max(endOfTurn(active, policy).getTime(), known)
}
