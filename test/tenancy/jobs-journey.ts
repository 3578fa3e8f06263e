import {
  beginRun,
  deadWorkers,
  deleteOldRuns,
  dismissWorkers,
  endDeadRuns,
  endRun,
  findRuns,
  keepWorkersAlive,
  listJobs,
  registerJobs,
} from '@iam/domain/job'
import type { World } from '@iam/testkit/world'

/** What the worker notes of what it does by the clock. */
export async function travelByTheClock({ workerDb: { kysely } }: World): Promise<void> {
  const job = { name: 'a-job', cron: '0 0 * * *', reason: 'a test', limit: 1, alarm: 1, rehearses: false }
  await registerJobs(kysely, [job])
  await keepWorkersAlive(kysely, { workers: ['a worker'], ttl: 60 })
  const run = { job: job.name, queueId: '1', worker: 'a worker', due: undefined, rehearsal: false } as const
  const id = await beginRun(kysely, { ...run, cause: 'schedule' })
  await endRun(kysely, { id: id ?? '', outcome: 'succeeded' })
  await deadWorkers(kysely, ['a worker'])
  await endDeadRuns(kysely)
  await dismissWorkers(kysely, ['a worker'])
  await findRuns(kysely, '1')
  await listJobs(kysely)
  await deleteOldRuns(kysely, { limit: 1 })
}
