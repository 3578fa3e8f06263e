import { noticeExpiries } from '@iam/domain/expiry'
import { findDirectoryEntry } from '@iam/domain/tenant'
import type { JobDeps, JobResult, JobTurn } from './job.ts'
import { thingsThatExpire } from './things-that-expire.ts'

/** Tells of ends that come near: by event, audit and log. */
export async function noticeEnds(
  { db, clock, log }: Pick<JobDeps, 'db' | 'clock' | 'log'>,
  { rehearsal }: Pick<JobTurn, 'rehearsal'>,
): Promise<JobResult> {
  const system = await findDirectoryEntry(db.kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet.')
  const things = await thingsThatExpire(db.kysely)
  const told = await noticeExpiries({ db, clock }, { tenantId: system.tenantId, things, rehearsal })
  for (const { kind, id, endsAt, days } of rehearsal ? [] : told)
    log.warn({ kind, id, ends_at: endsAt, days }, 'It ends soon, and nothing follows it yet')
  return { watched: things.length, told: told.length }
}
