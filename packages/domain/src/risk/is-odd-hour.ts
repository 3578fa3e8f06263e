/** Logins below which nobody has habits yet. */
const fewest = 10
/** Hours around a login that count as its own. */
const around = 2

/**
 * Whether the hour of the day is one when the person does not log in: none of their logins was within two hours of
 * it. In UTC, whose hours are as far apart as the person's own. @returns undefined while there are too few to tell.
 */
export function isOddHour(logins: readonly Date[], now: Date): boolean | undefined {
  if (logins.length < fewest) return undefined
  const hour = now.getUTCHours()
  return !logins.some((login) => {
    const apart = Math.abs(login.getUTCHours() - hour)
    return Math.min(apart, 24 - apart) <= around
  })
}
