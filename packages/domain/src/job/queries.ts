import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** A job as the schedule has it. */
export interface KnownJob {
  readonly name: string
  /** Minute, hour, day of month, month, day of week; UTC. */
  readonly cron: string
  readonly reason: string
  /** Seconds after which one run counts as failed. */
  readonly limit: number
  /** Seconds without a success after which somebody has to look. */
  readonly alarm: number
  /** Whether it can tell what it would do. */
  readonly rehearses: boolean
}

export interface NewRun {
  readonly job: string
  /** The job's id in the queue. */
  readonly queueId: string
  readonly worker: string
  /** When the schedule had it due; undefined when an operator or a first start asked for it. */
  readonly due: Date | undefined
  readonly cause: 'schedule' | 'operator'
  readonly rehearsal: boolean
}

export interface RunEnd {
  readonly id: string
  readonly outcome: 'succeeded' | 'failed'
  readonly error?: string
  readonly result?: object
}

/** A run as operators are told of it. */
export interface JobRun {
  readonly id: string
  readonly startedAt: Date
  readonly finishedAt: Date | null
  readonly outcome: 'succeeded' | 'failed' | 'died' | null
  readonly error: string | null
  readonly result: object | null
}

/** Makes the list of jobs what this release has. @returns the names that were not there: those have never run. */
export async function registerJobs(db: Executor, jobs: readonly KnownJob[]): Promise<string[]> {
  const registered = await sql<{ name: string; isNew: boolean }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb)
        as g (name text, cron text, reason text, "limit" int, alarm int, rehearses bool)
    ), gone as (
      delete from iam.job where name not in (select name from given)
    )
    insert into iam.job as j (name, cron, reason, limit_seconds, alarm_seconds, rehearses, registered_at)
    select name, cron, reason, "limit", alarm, rehearses, iam.now() from given
    on conflict (name) do update
      set cron = excluded.cron, reason = excluded.reason, limit_seconds = excluded.limit_seconds,
          alarm_seconds = excluded.alarm_seconds, rehearses = excluded.rehearses
    returning name, xmax = 0 as "isNew"`.execute(db)
  return registered.rows.filter((row) => row.isNew).map((row) => row.name)
}

/**
 * Notes that a run begins.
 * @returns its id, or undefined when the schedule had it due before its last success began: the tick is one of many
 *   that were made up for by that one; or when the same job of the queue has succeeded, and its worker died before it
 *   could say so. A success of a time to come, from a clock that was set back, does not count.
 */
export async function beginRun(db: Executor, run: NewRun): Promise<string | undefined> {
  const due = run.due ?? null
  const begun = await sql<{ id: string }>`
    insert into iam.job_run (job, queue_id, worker, cause, rehearsal, started_at)
    select ${run.job}, ${run.queueId}, ${run.worker}, ${run.cause}, ${run.rehearsal}, iam.now()
     where not exists (
       select from iam.job_run
        where job = ${run.job} and outcome = 'succeeded'
          and (not rehearsal and started_at >= ${due}::timestamptz and started_at <= iam.now()
               or ${due}::timestamptz is null and queue_id = ${run.queueId}))
    returning id`.execute(db)
  return begun.rows[0]?.id
}

/** Notes how a run ended, unless it was taken for dead meanwhile. */
export async function endRun(db: Executor, { id, outcome, error, result }: RunEnd): Promise<void> {
  await sql`
    update iam.job_run
       set finished_at = iam.now(), outcome = ${outcome}, error = ${error ?? null},
           result = ${result === undefined ? null : JSON.stringify(result)}::jsonb
     where id = ${id} and finished_at is null`.execute(db)
}

/** Says that these workers live. @param ttl seconds after which they do not, unless it is said again. */
export async function keepWorkersAlive(
  db: Executor,
  { workers, ttl }: { workers: readonly string[]; ttl: number },
): Promise<void> {
  await sql`
    insert into iam.job_worker (worker, expires_at)
    select worker, iam.now() + make_interval(secs => ${ttl}) from unnest(${workers}::text[]) as w (worker)
    on conflict (worker) do update set expires_at = excluded.expires_at`.execute(db)
}

/** Forgets workers that stop. */
export async function dismissWorkers(db: Executor, workers: readonly string[]): Promise<void> {
  await sql`delete from iam.job_worker where worker = any(${workers}::text[])`.execute(db)
}

/** Of these workers, those that do not live any more. */
export async function deadWorkers(db: Executor, workers: readonly string[]): Promise<string[]> {
  const dead = await sql<{ worker: string }>`
    select w.worker from unnest(${workers}::text[]) as w (worker)
     where not exists (select from iam.job_worker l where l.worker = w.worker and l.expires_at > iam.now())`.execute(
    db,
  )
  return dead.rows.map((row) => row.worker)
}

/** Ends the runs of workers that do not live any more, and forgets these. @returns the jobs that were cut off. */
export async function endDeadRuns(db: Executor): Promise<string[]> {
  const ended = await sql<{ job: string }>`
    update iam.job_run r set finished_at = iam.now(), outcome = 'died'
     where finished_at is null
       and not exists (select from iam.job_worker l where l.worker = r.worker and l.expires_at > iam.now())
    returning job`.execute(db)
  await sql`delete from iam.job_worker where expires_at <= iam.now()`.execute(db)
  return ended.rows.map((row) => row.job)
}

/** The runs that a job of the queue has had, in their order. */
export async function findRuns(db: Executor, queueId: string): Promise<JobRun[]> {
  const found = await sql<JobRun>`
    select id, started_at as "startedAt", finished_at as "finishedAt", outcome, error, result
      from iam.job_run where queue_id = ${queueId} order by id`.execute(db)
  return found.rows
}

/** Deletes runs of 90 days ago, but for the last success of each job. @returns how many went, at most `limit`. */
export async function deleteOldRuns(db: Executor, { limit }: { limit: number }): Promise<number> {
  const deleted = await sql`
    delete from iam.job_run where id in (
      select o.id from iam.job_run o
       where o.finished_at < iam.now() - interval '90 days'
         and exists (select from iam.job_run n
                      where n.job = o.job and n.outcome = 'succeeded' and not n.rehearsal and n.id > o.id)
       limit ${limit})`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
