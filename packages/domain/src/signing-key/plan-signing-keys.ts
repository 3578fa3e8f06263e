import { cacheHorizon, keySetCaching } from '../key-set/index.ts'
import type { SigningKeyRow } from './queries.ts'

/** How long keys live, in seconds. */
export interface SigningKeyPolicy {
  /** Between making a key and the end of its signing: one life as the standby, one as the active key. */
  readonly signFor: number
  /** After the end of signing, in which its tokens are still verified. */
  readonly verifyAfter: number
  /**
   * Between publishing a key and its first signature: every cache and stale allowance on the way to a
   * verifier, the largest verifier cache, the api's poll, and clock skew.
   */
  readonly activationLead: number
  /** Between deciding an activation and its time, in which every instance of iam-api hears of it. */
  readonly announce: number
}

/** What a deployment says of its keys' lives, in seconds. */
export interface SigningKeySettings {
  readonly signFor: number
  readonly verifyAfter: number
  /** The least that a key waits as the standby. */
  readonly leastLead: number
  /** The longest that any verifier keeps the key set. */
  readonly verifierCache: number
  readonly announce: number
}

/** What iam-jwks polls by, and how far clocks may differ, in seconds. */
const jwks = { pollSeconds: 10, skewSeconds: 60 }

/** The keys' policy: one signs when no cache can be without it any more, or later where that is asked for. */
export function signingKeyPolicy({
  leastLead,
  verifierCache,
  ...lives
}: SigningKeySettings): SigningKeyPolicy {
  return {
    ...lives,
    activationLead: Math.max(leastLead, cacheHorizon({ ...jwks, cacheSeconds: verifierCache })),
  }
}

/** How soon the last verifier has heard that a key was taken out of the set, in seconds, while nothing on the way fails. */
export function withdrawalBound({ verifierCache }: Pick<SigningKeySettings, 'verifierCache'>): number {
  const { fresh, whileRevalidating } = keySetCaching
  return fresh + whileRevalidating + verifierCache + jwks.pollSeconds + jwks.skewSeconds
}

export type SigningKeyAction =
  | { readonly do: 'generate' }
  | { readonly do: 'activate'; readonly key: SigningKeyRow; readonly at: Date }
  | { readonly do: 'retire' | 'drop'; readonly key: SigningKeyRow }

export interface SigningKeySituation {
  readonly keys: readonly SigningKeyRow[]
  readonly now: Date
  /** The kids that iam-jwks answers with right now; read only while the issuer has never had an active key. */
  readonly served: ReadonlySet<string>
}

/**
 * What has to happen to the issuer's keys now. Pure: the same situation gives the same list.
 *
 * There is always one standby that never signed. A key is endorsed for two turns, one as the standby and one as
 * the active key, with a lead to spare: so the standby takes over after half of that time, and never before its
 * own lead has passed. The first key of an issuer has no verifiers with caches yet: it becomes active as soon as
 * it is seen to be served.
 */
export function planSigningKeys(
  situation: SigningKeySituation,
  policy: SigningKeyPolicy,
): SigningKeyAction[] {
  const { keys, now } = situation
  const actions: SigningKeyAction[] = []
  const standby = keys.find((key) => key.state === 'published')
  const active = keys.filter((key) => key.state === 'active').at(-1)
  const activation = planActivation({ active, standby }, situation, policy)
  if (activation !== undefined) actions.push(activation)
  const unused = keys.filter((key) => key.state === 'pending' || key.state === 'published').length
  if (unused - (activation === undefined ? 0 : 1) < 1) actions.push({ do: 'generate' })
  const signing = keys.filter((key) => key.state === 'active' && hasCome(key.activateAt, now)).at(-1)
  for (const key of keys) {
    if (key.state === 'active' && key !== signing && hasCome(key.activateAt, now))
      actions.push({ do: 'retire', key })
    if (key.state === 'retiring' && key.verifyUntil <= now) actions.push({ do: 'drop', key })
  }
  return actions
}

function planActivation(
  { active, standby }: { active: SigningKeyRow | undefined; standby: SigningKeyRow | undefined },
  { now, served }: SigningKeySituation,
  policy: SigningKeyPolicy,
): SigningKeyAction | undefined {
  if (standby === undefined) return undefined
  if (active === undefined) {
    return served.has(standby.kid) ? { do: 'activate', key: standby, at: now } : undefined
  }
  if (now < endOfTurn(active, policy)) return undefined
  if (secondsSince(standby.publishedAt, now) < policy.activationLead) return undefined
  return { do: 'activate', key: standby, at: new Date(now.getTime() + policy.announce * 1000) }
}

/** By today's policy, and a lead before the end that the key itself was endorsed for, perhaps by another. */
export function endOfTurn(active: SigningKeyRow, { signFor, activationLead }: SigningKeyPolicy): Date {
  const began = (active.activateAt ?? active.createdAt).getTime()
  const byPolicy = began + ((signFor - activationLead) / 2) * 1000
  return new Date(Math.min(byPolicy, active.signUntil.getTime() - activationLead * 1000))
}

function secondsSince(time: Date | null, now: Date): number {
  return time === null ? 0 : (now.getTime() - time.getTime()) / 1000
}

function hasCome(time: Date | null | undefined, now: Date): boolean {
  return time != null && time <= now
}
