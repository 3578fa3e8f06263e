import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { KnownJob } from './queries.ts'

/** A job and how it fares. */
export interface JobStanding extends KnownJob {
  readonly lastStartedAt: Date | null
  readonly lastOutcome: 'succeeded' | 'failed' | 'died' | null
  readonly lastError: string | null
  readonly lastSuccessAt: Date | null
  /** Seconds since its last success, or since it came into the list where it has had none. */
  readonly age: number
  /** Runs since the last success that failed or were cut off. */
  readonly failures: number
  readonly running: number
}

/** Every job with its last runs; rehearsals do not count. In the order of their names. */
export async function listJobs(db: Executor): Promise<JobStanding[]> {
  const found = await sql<JobStanding>`
    select j.name, j.cron, j.reason, j.limit_seconds as "limit", j.alarm_seconds as alarm, j.rehearses,
           l.started_at as "lastStartedAt", l.outcome as "lastOutcome", l.error as "lastError",
           s.finished_at as "lastSuccessAt",
           extract(epoch from iam.now() - coalesce(s.finished_at, j.registered_at))::float8 as age,
           f.failures, f.running
      from iam.job j
      left join lateral (
        select started_at, outcome, error from iam.job_run
         where job = j.name and not rehearsal order by id desc limit 1) l on true
      left join lateral (
        select id, finished_at from iam.job_run
         where job = j.name and not rehearsal and outcome = 'succeeded' order by id desc limit 1) s on true
      cross join lateral (
        select count(*) filter (where outcome in ('failed', 'died'))::int as failures,
               count(*) filter (where finished_at is null)::int as running
          from iam.job_run where job = j.name and not rehearsal and id > coalesce(s.id, 0)) f
     order by j.name`.execute(db)
  return found.rows
}
