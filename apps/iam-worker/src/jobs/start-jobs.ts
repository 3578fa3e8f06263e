import { dismissWorkers, registerJobs } from '@iam/domain/job'
import { JobQueue, startJobRunner } from '@iam/platform/job-queue'
import { every, retrying, type Closer } from '@iam/platform/lifecycle'
import type { WorkerContext } from '../context.ts'
import type { Job } from './job.ts'
import { runJob } from './run-job.ts'
import { schedule } from './schedule.ts'
import { watchWorkers } from './watch-workers.ts'

const concurrency = 2

/** Starts doing what is due by the schedule. What was never done in this deployment is done at once. */
export async function startJobs(
  context: WorkerContext,
  closers: Closer[],
  jobs: readonly Job[] = schedule,
): Promise<void> {
  const { config, db, log } = context
  const warn = (message: string) => (err: unknown) => log.warn({ err }, message)
  // One connection listens, and each job's end needs one.
  const queue = new JobQueue(
    config.directDatabaseUrl,
    concurrency + 3,
    warn('A connection of the jobs was lost'),
  )
  closers.push({ name: 'queue of the jobs', close: () => queue.close() })
  const known = jobs.map(({ name, cron, reason, limit, alarm, rehearses }) => {
    return { name, cron, reason, limit, alarm, rehearses }
  })
  const runner = await retrying(
    async () => {
      const first = await registerJobs(db.kysely, known)
      for (const task of first) await queue.add({ task, payload: {}, key: task })
      return startJobRunner({
        queue,
        tasks: jobs.map((job) => ({ ...job, run: (call) => runJob(context, job, call) })),
        concurrency,
        log: (level, message) => log[level]({}, message),
      })
    },
    { onError: warn('Jobs could not be started yet') },
  )
  const watching = every(
    (config.jobLeaseSeconds * 1_000) / 3,
    () => watchWorkers({ db, queue, log, workers: runner.workers, ttl: config.jobLeaseSeconds }),
    warn('Those who do jobs could not be watched'),
  )
  watching.nudge()
  closers.push({
    name: 'jobs',
    close: async () => {
      await runner.stop()
      await watching.stop()
      await dismissWorkers(db.kysely, [...runner.workers])
    },
  })
  log.info({ jobs: jobs.length }, 'Doing what is due')
}
