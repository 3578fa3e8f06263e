import { auditMonths, type AuditMonth } from '../audit/index.ts'
import type { Executor } from '../db/index.ts'

const oneDay = 86_400_000

/** The months whose every event is so many days old or older, the oldest first. */
export async function monthsDue(
  db: Executor,
  { now, hotDays }: { readonly now: Date; readonly hotDays: number },
): Promise<AuditMonth[]> {
  return (await auditMonths(db)).filter(({ to }) => dueAt(to, hotDays) <= now.getTime())
}

/** For how long the oldest month that is due has been waiting, in seconds; 0 when none is. */
export async function archiveOverdue(
  db: Executor,
  { now, hotDays }: { readonly now: Date; readonly hotDays: number },
): Promise<number> {
  const [oldest] = await monthsDue(db, { now, hotDays })
  return oldest === undefined ? 0 : (now.getTime() - dueAt(oldest.to, hotDays)) / 1000
}

const dueAt = (end: Date, hotDays: number) => end.getTime() + hotDays * oneDay
