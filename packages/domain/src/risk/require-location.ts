import { Refusal, type Geo, type RequestOrigin } from '../kit/index.ts'
import { embargo } from './embargo.ts'

/** What a tenant decides about where its people are. */
export interface LocationPolicy {
  /** ISO 3166-1, two capitals; none for any. */
  readonly allowedCountries: readonly string[]
  readonly allowTor: boolean
}

/** Where somebody is, as far as it decides whether they may log in. */
export interface Location {
  readonly country: string | null
  readonly subdivision: string | null
  readonly isTorExit: boolean
}

export type LocationFault = 'embargoed' | 'country' | 'tor'

/** What decides of an origin; what is not known is null. */
export function locationOf({ geo, isTorExit }: RequestOrigin): Location {
  const { country = null, subdivision = null }: Geo = geo ?? {}
  return { country, subdivision, isTorExit: isTorExit === true }
}

/**
 * Why nobody may log in from a place: an embargo, which no tenant lifts; a country that is not among the tenant's, or
 * that cannot be told where the tenant names some; an exit of Tor where the tenant does not want them. Pure.
 */
export function locationFault(policy: LocationPolicy, location: Location): LocationFault | undefined {
  const { country, subdivision, isTorExit } = location
  if (isIn(embargo.countries, country) || isIn(embargo.subdivisions, subdivision)) return 'embargoed'
  if (policy.allowedCountries.length > 0 && !isIn(policy.allowedCountries, country)) return 'country'
  return isTorExit && !policy.allowTor ? 'tor' : undefined
}

/**
 * Lets somebody on, by where they are alone: to be asked before anything of an account is looked at, so that the
 * answer is the same whoever they say they are.
 * @throws Refusal `location_not_allowed`.
 */
export function requireLocation(policy: LocationPolicy, origin: RequestOrigin): void {
  if (locationFault(policy, locationOf(origin)) !== undefined) throw new Refusal('location_not_allowed')
}

function isIn(list: readonly string[], value: string | null): boolean {
  return value !== null && list.includes(value)
}
