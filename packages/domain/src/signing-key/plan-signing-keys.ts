import { cacheHorizon, keySetCaching } from '../key-set/index.ts'
import { isOfLine, type SigningKeyLine } from './line.ts'
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

export type SigningKeyAction<Line extends SigningKeyLine = SigningKeyLine> =
  | { readonly do: 'generate'; readonly line: Line }
  | KeyAction

type KeyAction =
  | { readonly do: 'activate'; readonly key: SigningKeyRow; readonly at: Date }
  | { readonly do: 'retire' | 'drop'; readonly key: SigningKeyRow }

export interface SigningKeySituation<Line extends SigningKeyLine = SigningKeyLine> {
  readonly keys: readonly SigningKeyRow[]
  /** The lines that there are to be. */
  readonly lines: readonly Line[]
  readonly now: Date
  /** The kids that iam-jwks answers with right now; read only while no key signs tokens. */
  readonly served: ReadonlySet<string>
}

/**
 * What has to happen to the issuer's keys now. Pure: the same situation gives the same list.
 *
 * Each line has one standby that never signed. A key is endorsed for two turns, one as the standby and one as
 * the active key, with a lead to spare: so the standby takes over after half of that time, and never before its
 * own lead has passed. While nothing at all signs for a purpose, as in a new deployment, waiting serves nobody: the
 * first key becomes active as soon as it is seen to be served. A line that is no longer asked for goes on without a
 * new key until another signs in its place, and is then run out.
 */
export function planSigningKeys<Line extends SigningKeyLine>(
  situation: SigningKeySituation<Line>,
  policy: SigningKeyPolicy,
): SigningKeyAction<Line>[] {
  const { keys, lines, now } = situation
  const asked = lines.flatMap((line): SigningKeyAction<Line>[] => {
    const own = keys.filter((key) => isOfLine(key, line))
    const steps = planSteps(own, situation, policy)
    return needsStandby(own, steps) ? [...steps, { do: 'generate', line }] : steps
  })
  const isAsked = (key: SigningKeyRow) => lines.some((line) => isOfLine(key, line))
  const left = linesOf(keys.filter((key) => !isAsked(key))).flatMap((own) => {
    const isReplaced = keys.some((key) => isAsked(key) && key.purpose === own[0]?.purpose && signs(key, now))
    return isReplaced ? planEnd(own, now) : planSteps(own, situation, policy)
  })
  return [...asked, ...left]
}

/** Keys by line. */
function linesOf(keys: readonly SigningKeyRow[]): SigningKeyRow[][] {
  const heads = keys.filter((key, at) => keys.findIndex((other) => isOfLine(other, key)) === at)
  return heads.map((head) => keys.filter((key) => isOfLine(key, head)))
}

/** The steps of one line's keys. */
function planSteps(
  own: readonly SigningKeyRow[],
  situation: SigningKeySituation,
  policy: SigningKeyPolicy,
): KeyAction[] {
  const activation = planActivation(own, situation, policy)
  const signing = own.filter((key) => signs(key, situation.now)).at(-1)
  const superseded = own.filter((key) => key !== signing && signs(key, situation.now))
  return [
    ...(activation === undefined ? [] : [activation]),
    ...superseded.map((key) => ({ do: 'retire', key }) as const),
    ...planDrops(own, situation.now),
  ]
}

/** The end of a line: what signs stops and verifies to its own end; what never signed is needed by nobody. */
function planEnd(own: readonly SigningKeyRow[], now: Date): KeyAction[] {
  const unused = own.filter(isUnused).map((key) => ({ do: 'drop', key }) as const)
  const signing = own.filter((key) => key.state === 'active').map((key) => ({ do: 'retire', key }) as const)
  return [...signing, ...unused, ...planDrops(own, now)]
}

function planDrops(own: readonly SigningKeyRow[], now: Date): KeyAction[] {
  return own
    .filter((key) => key.state === 'retiring' && key.verifyUntil <= now)
    .map((key) => ({ do: 'drop', key }) as const)
}

function needsStandby(own: readonly SigningKeyRow[], steps: readonly KeyAction[]): boolean {
  const taken = steps.filter((step) => step.do === 'activate').length
  return own.filter(isUnused).length - taken < 1
}

function planActivation(
  own: readonly SigningKeyRow[],
  { keys, now, served }: SigningKeySituation,
  policy: SigningKeyPolicy,
): KeyAction | undefined {
  const standby = own.find((key) => key.state === 'published')
  if (standby === undefined) return undefined
  const { purpose, kid } = standby
  const isReady = secondsSince(standby.publishedAt, now) >= policy.activationLead
  const active = own.filter((key) => key.state === 'active').at(-1)
  if (active === undefined) {
    const isFirst = !keys.some((key) => key.purpose === purpose && key.state === 'active')
    // Only the key set is fetched by verifiers; what signs other things is carried by them.
    const isSeen = purpose !== 'token' || served.has(kid)
    return (isFirst ? isSeen : isReady) ? { do: 'activate', key: standby, at: now } : undefined
  }
  if (now < endOfTurn(active, policy) || !isReady) return undefined
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

function isUnused({ state }: SigningKeyRow): boolean {
  return state === 'pending' || state === 'published'
}

function signs({ state, activateAt }: SigningKeyRow, now: Date): boolean {
  return state === 'active' && activateAt !== null && activateAt <= now
}
