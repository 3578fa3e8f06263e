import { stepsReached, type Expiring } from '@iam/domain/expiry'

/**
 * How long what ends soon has left, in the text format of Prometheus: only what `expiry-notices` tells of, since all
 * else is replaced in time by itself.
 */
export function endsSoon(things: readonly Expiring[], now: Date): string[] {
  const soon = things.filter((thing) => stepsReached(thing, now).length > 0)
  return [
    '# TYPE iam_ends_in_seconds gauge',
    ...soon.map(({ kind, id, endsAt }) => {
      const left = Math.round((endsAt.getTime() - now.getTime()) / 1000)
      return `iam_ends_in_seconds{kind="${kind}",id="${id}"} ${left}`
    }),
  ]
}
