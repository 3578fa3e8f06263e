import type { Coordinates } from '../kit/index.ts'

/** Kilometres. */
const earthRadius = 6371
/** As fast as an airliner. */
const fastest = 900
/** Kilometres by which what is known of addresses is off, and more. */
const leastDistance = 100

/** The shortest way between two places, in kilometres. */
export function distanceBetween(a: Coordinates, b: Coordinates): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const [north, east] = [radians(b.latitude - a.latitude) / 2, radians(b.longitude - a.longitude) / 2]
  const h =
    Math.sin(north) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east) ** 2
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Whether somebody gets from one place to the other in so many milliseconds, at 900 km/h. */
export function canTravel(from: Coordinates, to: Coordinates, within: number): boolean {
  const distance = distanceBetween(from, to)
  return distance <= leastDistance || distance <= (fastest * Math.max(0, within)) / 3_600_000
}
