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
import { noticeExpiries } from '@iam/domain/expiry'
import { findDirectoryEntry } from '@iam/domain/tenant'
import type { World } from '@iam/testkit/world'

/** What the worker notes of what it does by the clock. */
export async function travelByTheClock({ workerDb, clock }: World): Promise<void> {
  const { kysely } = workerDb
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
  const system = await findDirectoryEntry(kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant.')
  const ends = { beginsAt: new Date(0), endsAt: clock() }
  const things = [{ kind: 'signing_key', id: 'sgk_01BX5ZZKBKACTAV9WEVGEMMVRZ', ...ends }] as const
  await noticeExpiries({ db: workerDb, clock }, { ...system, things, rehearsal: false })
}
