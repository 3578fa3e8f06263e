import type { Coordinates, RequestOrigin } from '../kit/index.ts'
import { isOddHour } from './is-odd-hour.ts'
import type { RiskSignals, Told } from './signals.ts'
import { canTravel } from './travel.ts'

/** A login that led to a session. */
export interface PastLogin {
  readonly at: Date
  readonly device: Buffer
  readonly network: Buffer
  readonly country: string | null
}

export interface Evidence {
  readonly now: Date
  readonly origin: RequestOrigin
  /** The person's logins of the last 90 days, as many as are looked at. */
  readonly past: readonly PastLogin[]
  /** Where the last one was. */
  readonly last: { readonly at: Date; readonly coordinates: Coordinates } | undefined
  /** What this device and network may be noted as: one for each version of the key. */
  readonly devices: readonly Buffer[]
  readonly networks: readonly Buffer[]
  /** Whether the device has shown otherwise that the person logged in on it before. */
  readonly isKnownDevice: boolean
  readonly failures: { readonly inARow: number; readonly lastAt: Date } | undefined
  readonly isBreached: boolean
  readonly isExposed: boolean
}

/** Milliseconds for which wrong passwords count. */
const failuresCount = 86_400_000

/** Compares a login with those before. Pure. An outside service, and what was found just before, come besides. */
export function gatherSignals(evidence: Evidence): Omit<RiskSignals, 'recent' | 'outside'> {
  const { past, failures, now, isBreached, isExposed } = evidence
  const since = failures === undefined ? Number.POSITIVE_INFINITY : now.getTime() - failures.lastAt.getTime()
  const habits = past.length === 0 ? strange : compare(evidence)
  return {
    isFirstLogin: past.length === 0,
    ...habits,
    tor: torOf(evidence.origin),
    failures: failures !== undefined && since < failuresCount ? failures.inARow : 0,
    isBreached,
    isExposed,
  }
}

const strange = {
  device: 'unset',
  network: 'unset',
  country: 'unset',
  travel: 'unset',
  hour: 'unset',
} as const

function compare(evidence: Evidence) {
  const { past, origin, now, devices, networks, isKnownDevice } = evidence
  const hasDevice = past.some(({ device }) => devices.some((mine) => mine.equals(device)))
  const hasNetwork = past.some(({ network }) => networks.some((mine) => mine.equals(network)))
  const odd = isOddHour(
    past.map(({ at }) => at),
    now,
  )
  return {
    device: isKnownDevice ? ('usual' as const) : told(origin.agent !== '', hasDevice),
    network: told(origin.network !== '', hasNetwork),
    country: countryOf(evidence),
    travel: travelOf(evidence),
    hour: odd === undefined ? ('unset' as const) : told(true, !odd),
  }
}

function told(isTold: boolean, isUsual: boolean): Told {
  if (!isTold) return 'unknown'
  return isUsual ? 'usual' : 'unusual'
}

function countryOf({ origin, past }: Evidence): Told {
  const country = origin.geo?.country
  const before = past.flatMap((login) => login.country ?? [])
  if (country === undefined || before.length === 0) return 'unset'
  return told(country !== null, before.includes(country ?? ''))
}

function travelOf({ origin, last, now }: Evidence): Told {
  const here = origin.geo?.coordinates
  if (here === undefined || last === undefined) return 'unset'
  if (here === null) return 'unknown'
  return told(true, canTravel(last.coordinates, here, now.getTime() - last.at.getTime()))
}

function torOf({ isTorExit }: RequestOrigin): Told {
  if (isTorExit === undefined) return 'unset'
  return told(isTorExit !== null, isTorExit === false)
}
