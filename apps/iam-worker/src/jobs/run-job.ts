import { setTimeout as sleep } from 'node:timers/promises'
import { beginRun, endRun, keepWorkersAlive } from '@iam/domain/job'
import type { JobCall } from '@iam/platform/job-queue'
import type { Job, JobDeps, JobResult } from './job.ts'

/** Milliseconds that a job has to notice that its time is up. */
const grace = 5_000

/**
 * One run of a job: noted when it begins and when it ends, and ended when its time is up.
 * @throws what it failed with, for the queue to bring it again; a tick that was made up for already does nothing.
 */
export async function runJob(deps: JobDeps, job: Job, call: JobCall): Promise<void> {
  const { db, log, config } = deps
  const { kysely } = db
  const { name } = job
  const asked = readPayload(call.payload)
  const rehearsal = asked.rehearsal && job.rehearses
  const { id: queueId, worker, due } = call
  const begun = { job: name, queueId, worker, due, cause: asked.cause, rehearsal }
  // Before anybody can find a run of somebody who is not known to live.
  await keepWorkersAlive(kysely, { workers: [worker], ttl: config.jobLeaseSeconds })
  const id = await beginRun(kysely, begun)
  if (id === undefined) return
  try {
    const result = await withinLimit(deps, job, { signal: call.signal, rehearsal })
    await endRun(kysely, { id, outcome: 'succeeded', result })
    log.info({ job: name, ...result }, 'A job is done')
  } catch (err) {
    log.error({ err, job: name }, 'A job failed')
    await endRun(kysely, { id, outcome: 'failed', error: reasonOf(err) })
    throw err
  }
}

async function withinLimit(
  deps: JobDeps,
  job: Job,
  { signal, rehearsal }: { signal: AbortSignal; rehearsal: boolean },
): Promise<JobResult> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(job.limit * 1_000)])
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onAbort = () => void sleep(grace, undefined, { ref: false }).then(() => reject(over.reason as Error))
  over.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([job.run(deps, { signal: over, rehearsal }), late])
  } finally {
    over.removeEventListener('abort', onAbort)
    late.catch(() => undefined)
  }
}

function readPayload(payload: unknown): { cause: 'schedule' | 'operator'; rehearsal: boolean } {
  const { by, rehearsal } = (payload ?? {}) as { by?: unknown; rehearsal?: unknown }
  return { cause: by === 'operator' ? 'operator' : 'schedule', rehearsal: rehearsal === true }
}

/** For operators: what it says of itself, which the log has in full. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 300)
}
