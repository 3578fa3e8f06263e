import { riskCodes, type RiskCode } from '../kit/index.ts'
import type { RiskSignals, Told } from './signals.ts'

export interface RiskReason {
  readonly code: RiskCode
  readonly points: number
}

export interface RiskScore {
  /** 0 to 100. */
  readonly score: number
  /** Every one that counted, in the order of the list. */
  readonly reasons: readonly RiskReason[]
}

type Rule = readonly [code: RiskCode, points: number, when: (signals: RiskSignals) => boolean]

const unusual = (name: TellingSignal) => (signals: RiskSignals) => signals[name] === 'unusual'
const unknown = (name: TellingSignal) => (signals: RiskSignals) => signals[name] === 'unknown'

type TellingSignal = { [N in keyof RiskSignals]: RiskSignals[N] extends Told ? N : never }[keyof RiskSignals]

/**
 * The weights. A new device on a new network is 40, where tenants challenge unless they decide otherwise; from
 * another country than ever and faster than one can travel it is 100, above the 90 where they refuse. What should be
 * told and is not costs as much as the worst it could be, or nearly: leaving something out never helps.
 */
const rules: readonly Rule[] = [
  ['first_login', 40, ({ isFirstLogin }) => isFirstLogin],
  ['new_device', 25, unusual('device')],
  ['device_unknown', 25, unknown('device')],
  ['new_network', 15, unusual('network')],
  ['network_unknown', 15, unknown('network')],
  ['new_country', 20, unusual('country')],
  ['country_unknown', 20, unknown('country')],
  ['impossible_travel', 40, unusual('travel')],
  ['travel_unknown', 15, unknown('travel')],
  ['odd_hour', 10, unusual('hour')],
  ['tor_exit', 30, unusual('tor')],
  ['tor_unknown', 10, unknown('tor')],
  ['breached_password', 40, ({ isBreached }) => isBreached],
  ['exposed_address', 10, ({ isBreached, isExposed }) => isExposed && !isBreached],
]

/** Wrong passwords that anybody types; from the third on each is 5, to 30 at most. */
const freeFailures = 2
const highest = 100

/**
 * The risk of a login, from 0 to 100, with its reasons. Pure. An outside service, and what was found within the last
 * minute, can raise what the signals say, and never lower it.
 */
export function scoreRisk(signals: RiskSignals): RiskScore {
  const reasons = rules.flatMap(([code, points, when]) => (when(signals) ? [{ code, points }] : []))
  const { failures, outside, recent } = signals
  if (failures > freeFailures) reasons.push({ code: 'recent_failures', points: Math.min(30, 5 * failures) })
  if (outside === 'silent') reasons.push({ code: 'outside_silent', points: 0 })
  else if (outside !== 'unset') raise(reasons, 'outside_service', outside)
  raise(reasons, 'recent_risk', recent)
  const order = (reason: RiskReason) => riskCodes.indexOf(reason.code)
  return { score: sumOf(reasons), reasons: reasons.toSorted((a, b) => order(a) - order(b)) }
}

function raise(reasons: RiskReason[], code: RiskCode, to: number): void {
  const missing = Math.min(highest, to) - sumOf(reasons)
  if (missing > 0) reasons.push({ code, points: missing })
}

function sumOf(reasons: readonly RiskReason[]): number {
  return Math.min(
    highest,
    reasons.reduce((sum, { points }) => sum + points, 0),
  )
}
