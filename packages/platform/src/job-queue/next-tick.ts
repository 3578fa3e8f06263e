const minute = 60_000
/** A schedule that is not due within it is due never. */
const horizon = 366 * 24 * 60

/** When a schedule is due next. @param cron in UTC. @returns undefined when it is not within a year. */
export async function nextTick(cron: string, after: Date): Promise<Date | undefined> {
  const { parseCronItem } = await import('./graphile.ts')
  const { match } = parseCronItem({ task: 'a-job', match: cron })
  const first = Math.floor(after.getTime() / minute) + 1
  for (let n = 0; n < horizon; n += 1) {
    const at = new Date((first + n) * minute)
    if (match(digestOf(at))) return at
  }
  return undefined
}

function digestOf(at: Date) {
  return {
    min: at.getUTCMinutes(),
    hour: at.getUTCHours(),
    date: at.getUTCDate(),
    month: at.getUTCMonth() + 1,
    dow: at.getUTCDay(),
  }
}
