import type { Coordinates, Geo, RequestOrigin } from '@iam/domain/kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sentBy } from './trusted-proxies.ts'

export interface GeoOptions {
  /** Addresses and networks of the proxies in front of us. */
  readonly trustedProxies: readonly string[]
  /** The headers in which they tell programs where the client is; what they do not tell is missing. */
  readonly geoHeaders?: {
    readonly country?: string | undefined
    readonly subdivision?: string | undefined
    /** Latitude and longitude in degrees, with a comma between them. */
    readonly coordinates?: string | undefined
  }
  /** None: there is no list of Tor's exits here. */
  readonly torExits?: TorExits | undefined
}

export interface TorExits {
  /** Null while there is no list to look at. */
  includes(address: string): boolean | null
}

type Whereabouts = Pick<RequestOrigin, 'geo' | 'isTorExit'>

const known = new WeakMap<FastifyRequest, Whereabouts>()

/**
 * Keeps where each request comes from: what a trusted proxy says, and whether the list of Tor's exits has it. Of a
 * request that no trusted proxy has sent, or that says a thing twice or wrongly, nothing is known: whoever left a
 * header out gains nothing by it.
 */
export function rememberGeo(
  app: FastifyInstance,
  { trustedProxies, geoHeaders = {}, torExits }: GeoOptions,
): void {
  const isTrusted = sentBy(trustedProxies)
  const { country, subdivision, coordinates } = geoHeaders
  const isTold = [country, subdivision, coordinates].some((name) => name !== undefined)
  if (!isTold && torExits === undefined) return
  app.addHook('onRequest', async (request) => {
    const told = (name: string) => (isTrusted(request) ? request.headers[name.toLowerCase()] : undefined)
    const geo: Geo = {
      ...(country === undefined ? {} : { country: countryIn(told(country)) }),
      ...(subdivision === undefined ? {} : { subdivision: subdivisionIn(told(subdivision)) }),
      ...(coordinates === undefined ? {} : { coordinates: coordinatesIn(told(coordinates)) }),
    }
    const tor = torExits === undefined ? {} : { isTorExit: torExits.includes(request.ip) }
    known.set(request, { ...(isTold ? { geo } : {}), ...tor })
  })
}

/** Where the client is, for programs; empty where nothing is set up to tell it. */
export function whereaboutsOf(request: FastifyRequest): Whereabouts {
  return known.get(request) ?? {}
}

type Header = string | string[] | undefined

/** Codes for "unknown". */
const nowhere = ['XX', 'ZZ']

function countryIn(header: Header): string | null {
  const code = typeof header === 'string' ? header.trim().toUpperCase() : ''
  return /^[A-Z]{2}$/.test(code) && !nowhere.includes(code) ? code : null
}

/** With or without the hyphen of ISO 3166-2. */
function subdivisionIn(header: Header): string | null {
  const code = typeof header === 'string' ? header.trim().toUpperCase().replace('-', '') : ''
  return /^[A-Z]{2}[A-Z0-9]{1,4}$/.test(code) ? code : null
}

function coordinatesIn(header: Header): Coordinates | null {
  const degrees = /^\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*$/
  const [, north = '', east = ''] = (typeof header === 'string' && degrees.exec(header)) || []
  if (north === '' || Math.abs(Number(north)) > 90 || Math.abs(Number(east)) > 180) return null
  const tenth = (value: string) => Math.round(Number(value) * 10) / 10
  return { latitude: tenth(north), longitude: tenth(east) }
}
