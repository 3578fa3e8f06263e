import { type Kysely, sql } from 'kysely'

/** What is done by the clock: graphile-worker's queue, which job was done when, and who does them now. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    grant usage on schema graphile_worker to iam_worker;
    grant select on graphile_worker.migrations, graphile_worker.jobs to iam_worker;
    grant select, insert, update, delete on graphile_worker._private_jobs, graphile_worker._private_job_queues
      to iam_worker;
    grant select, insert on graphile_worker._private_tasks to iam_worker;
    grant select, insert, update on graphile_worker._private_known_crontabs to iam_worker;
    create policy work on graphile_worker._private_jobs to iam_worker using (true) with check (true);
    create policy work on graphile_worker._private_job_queues to iam_worker using (true) with check (true);
    create policy work on graphile_worker._private_tasks to iam_worker using (true) with check (true);
    create policy work on graphile_worker._private_known_crontabs to iam_worker using (true) with check (true);

    -- The jobs that the running release knows, for those who ask without having its code.
    create table iam.job (
      name text primary key,
      cron text not null,
      reason text not null,
      limit_seconds integer not null,
      alarm_seconds integer not null,
      rehearses boolean not null,
      registered_at timestamptz not null
    );
    grant select, insert, update, delete on iam.job to iam_worker;

    create table iam.job_run (
      id bigint generated always as identity primary key,
      job text not null,
      queue_id text not null,
      worker text not null,
      cause text not null check (cause in ('schedule', 'operator')),
      rehearsal boolean not null,
      started_at timestamptz not null,
      finished_at timestamptz,
      outcome text check (outcome in ('succeeded', 'failed', 'died')),
      error text,
      result jsonb,
      check ((finished_at is null) = (outcome is null))
    );
    create index job_run_job on iam.job_run (job, started_at);
    create index job_run_queue on iam.job_run (queue_id);
    create index job_run_open on iam.job_run (worker) where finished_at is null;
    grant select, insert, update, delete on iam.job_run to iam_worker;

    -- Who lives: what others hold is given back to the queue.
    create table iam.job_worker (
      worker text primary key,
      expires_at timestamptz not null
    );
    grant select, insert, update, delete on iam.job_worker to iam_worker;
  `.execute(db)
}
