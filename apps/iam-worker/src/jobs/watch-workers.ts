import type { Db } from '@iam/domain/db'
import { deadWorkers, endDeadRuns, keepWorkersAlive } from '@iam/domain/job'
import type { JobQueue } from '@iam/platform/job-queue'
import type { Logger } from '@iam/platform/logging'

interface Watch {
  readonly db: Pick<Db, 'kysely'>
  readonly queue: JobQueue
  readonly log: Logger
  /** The workers of this process. */
  readonly workers: ReadonlySet<string>
  /** Seconds after which a worker that says nothing is dead. */
  readonly ttl: number
}

/**
 * Says that this process's workers live, and has the jobs of dead ones done again: a process that is killed in a job
 * would hold it for hours. In this order: what is cut off in between is found again by the next round.
 */
export async function watchWorkers({ db, queue, log, workers, ttl }: Watch): Promise<void> {
  const { kysely } = db
  await keepWorkersAlive(kysely, { workers: [...workers], ttl })
  const dead = await deadWorkers(kysely, await queue.holders(ttl))
  if (dead.length > 0) await queue.giveBack(dead)
  for (const job of await endDeadRuns(kysely)) log.error({ job }, 'A job was cut off with its worker')
  const ticks = await queue.forgetFutureTicks()
  if (ticks > 0) log.warn({ ticks }, 'The clock was set back: jobs are due again')
}
