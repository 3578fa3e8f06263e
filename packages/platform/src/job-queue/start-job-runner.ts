import { EventEmitter } from 'node:events'
import type { CronItem, Logger as QueueLogger } from 'graphile-worker'
import { type JobQueue, maxAttempts } from './job-queue.ts'

/** One turn of a job. */
export interface JobCall {
  /** Its id in the queue: the same when it is tried again. */
  readonly id: string
  /** Who does it: unique to one of the workers of one process. */
  readonly worker: string
  readonly payload: unknown
  /** The time that the schedule had it due, if it was the schedule. */
  readonly due: Date | undefined
  /** Aborts when this process stops. */
  readonly signal: AbortSignal
}

export interface ScheduledTask {
  readonly name: string
  /** Minute, hour, day of month, month, day of week; UTC. */
  readonly cron: string
  /** Rejects to be tried again later. */
  readonly run: (call: JobCall) => Promise<void>
}

export interface JobRunner {
  /** The names under which this process holds jobs. */
  readonly workers: ReadonlySet<string>
  /** Takes no more jobs; resolves when those under way have ended or were given back. */
  stop(): Promise<void>
}

type Say = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void

interface Options {
  readonly queue: JobQueue
  readonly tasks: readonly ScheduledTask[]
  readonly concurrency: number
  readonly log: Say
}

/** Milliseconds: ticks that were missed while nobody ran are made up for if they are not older; many of them are one. */
const backfillPeriod = 2 * 86_400_000

/** Takes jobs from the queue and, whenever one is due, puts it there: one of all the processes that do so. */
export async function startJobRunner({ queue, tasks, concurrency, log }: Options): Promise<JobRunner> {
  // Only who runs jobs pays for loading it.
  const { Logger, parseCronItems, run } = await import('./graphile.ts')
  const workers = new Set<string>()
  const holders = new Map<string, string>()
  const runner = await run({
    pgPool: queue.pool,
    events: noting(workers, holders),
    logger: loggerOf(Logger, log),
    concurrency,
    noHandleSignals: true,
    pollInterval: 5_000,
    gracefulShutdownAbortTimeout: 3_000,
    parsedCronItems: parseCronItems(tasks.map(cronItemOf)),
    taskList: Object.fromEntries(tasks.map((task) => [task.name, toTask(task, holders)])),
  })
  // It rejects when it cannot go on; the process is then of no use for jobs, which the alarm for each of them tells.
  runner.promise.catch((error: unknown) => log('error', `Jobs are not taken any more: ${String(error)}`))
  return { workers, stop: () => runner.stop() }
}

interface Told {
  readonly worker: { readonly workerId: string }
  readonly job: { readonly id: string }
}

/** Keeps who there is, and who holds which job. */
function noting(workers: Set<string>, holders: Map<string, string>): EventEmitter {
  const events = new EventEmitter()
  events.on('worker:create', ({ worker }: Told) => workers.add(worker.workerId))
  events.on('job:start', ({ worker, job }: Told) => holders.set(job.id, worker.workerId))
  events.on('job:complete', ({ job }: Told) => holders.delete(job.id))
  return events
}

/** As the logger here calls them. */
const levels: Readonly<Record<string, Parameters<Say>[0]>> = {
  error: 'error',
  warning: 'warn',
  info: 'debug',
  debug: 'debug',
}

function loggerOf(Logger: typeof QueueLogger, log: Say): QueueLogger {
  return new Logger(() => (level, message) => log(levels[level] ?? 'info', message))
}

function cronItemOf({ name, cron }: ScheduledTask): CronItem {
  return {
    task: name,
    match: cron,
    identifier: name,
    options: {
      queueName: name,
      jobKey: name,
      jobKeyMode: 'preserve_run_at',
      maxAttempts,
      backfillPeriod,
    },
  }
}

interface Helpers {
  readonly job: { readonly id: string }
  readonly abortSignal?: AbortSignal | undefined
}

function toTask({ run }: ScheduledTask, holders: ReadonlyMap<string, string>) {
  return async (payload: unknown, { job, abortSignal }: Helpers): Promise<void> => {
    const { ts } =
      (payload as Readonly<Record<string, { readonly ts?: string } | undefined>> | null)?.['_cron'] ?? {}
    const { id } = job
    const worker = holders.get(id)
    if (worker === undefined) throw new Error(`Nobody is known to hold the job ${id}.`)
    await run({
      id,
      worker,
      payload,
      due: ts === undefined ? undefined : new Date(ts),
      signal: abortSignal ?? new AbortController().signal,
    })
  }
}
