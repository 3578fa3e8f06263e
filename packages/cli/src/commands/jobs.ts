import { setTimeout as sleep } from 'node:timers/promises'
import { findRuns, listJobs, type JobRun, type JobStanding } from '@iam/domain/job'
import { JobQueue, nextTick } from '@iam/platform/job-queue'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

const poll = 250
/** Seconds for which a worker may be busy with something else. */
const patience = 120

/** A job as operators are told of it. */
export interface ListedJob extends JobStanding {
  readonly nextAt: Date | undefined
}

/** What is done by the clock, as the running workers know it, with its last and its next run. */
export async function jobsList({ db, clock }: OperatorDeps): Promise<ListedJob[]> {
  const jobs = await listJobs(db.kysely)
  return Promise.all(jobs.map(async (job) => ({ ...job, nextAt: await nextTick(job.cron, clock()) })))
}

/**
 * Has a worker do a job now, and waits for it. @param say hears how it goes.
 * @throws when there is no such job, when it cannot rehearse, or when nobody has done it in time: it stays queued.
 */
export async function jobsRun(
  { db }: OperatorDeps,
  config: Config,
  { name, dryRun = false }: { name: string; dryRun?: boolean },
  say: (line: string) => void,
): Promise<JobRun> {
  const job = (await listJobs(db.kysely)).find((one) => one.name === name)
  if (job === undefined) throw new Error(`There is no job ${name}: \`iam jobs list\` has them.`)
  if (dryRun && !job.rehearses) throw new Error(`${name} cannot tell what it would do.`)
  const queue = new JobQueue(config.databaseUrl, 1)
  try {
    const id = await queue.add({ task: name, payload: { by: 'operator', rehearsal: dryRun } })
    say(`${name} is queued; it may take ${job.limit} seconds`)
    return await endOf(db, id, { deadline: (job.limit + patience) * 1_000, say })
  } finally {
    await queue.close()
  }
}

async function endOf(
  { kysely }: OperatorDeps['db'],
  queueId: string,
  { deadline, say }: { deadline: number; say: (line: string) => void },
): Promise<JobRun> {
  let isBegun = false
  for (let waited = 0; waited < deadline; waited += poll) {
    const run = (await findRuns(kysely, queueId)).at(-1)
    if (run !== undefined && !isBegun) say(`A worker is at it since ${run.startedAt.toISOString()}`)
    isBegun ||= run !== undefined
    if (run?.outcome === 'succeeded' || run?.outcome === 'failed') return run
    await sleep(poll)
  }
  throw new Error('It is not done yet, and stays queued: does a worker have the role jobs?')
}
