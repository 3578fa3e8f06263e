/** Something that ends, and that somebody has to replace in time. */
export interface Expiring {
  readonly kind: 'signing_key' | 'key_set_anchor'
  readonly id: string
  readonly beginsAt: Date
  readonly endsAt: Date
}

/** Days before an end at which it is told of. */
const steps = [7, 30, 60] as const
const day = 86_400_000

/**
 * The steps that have been reached, the most urgent first. A step counts for what lives at least twice as long: what
 * is made for a week and replaced half through is no news all its life.
 */
export function stepsReached({ beginsAt, endsAt }: Expiring, now: Date): number[] {
  const life = endsAt.getTime() - beginsAt.getTime()
  const left = endsAt.getTime() - now.getTime()
  return steps.filter((days) => left <= days * day && life >= 2 * days * day)
}
