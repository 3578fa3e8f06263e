/** Where a call came from, as far as trusted parts of the transport say. Kept with audit and events. */
export interface RequestOrigin {
  readonly requestId: string
  /** W3C Trace Context of the request's span. */
  readonly traceparent: string
  /** The client's network: the address with its host part masked (/24, /48). Never the full address. */
  readonly network: string
  /** The client's own name for itself, cut to 256 characters. */
  readonly agent: string
  /** The town and country that the load balancer takes the address for, where it says so. */
  readonly place?: string
  /** The same for programs; missing where the load balancer is not set up to tell any of it. */
  readonly geo?: Geo
  /** Whether the address is an exit of the Tor network; null: it cannot be told now; missing: there is no list. */
  readonly isTorExit?: boolean | null
}

/** What the load balancer takes an address for. Null: it says nothing of this one; missing: it is not set up to. */
export interface Geo {
  /** ISO 3166-1, two letters. */
  readonly country?: string | null
  /** ISO 3166-2 without the hyphen, as CLDR spells it: `UA43`. */
  readonly subdivision?: string | null
  readonly coordinates?: Coordinates | null
}

/** Degrees, to a tenth: about ten kilometres. */
export interface Coordinates {
  readonly latitude: number
  readonly longitude: number
}
