import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../measure/statistics.ts'

/** What came of a stretch of work. */
export interface Outcome {
  readonly ops: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  readonly firstError?: string | undefined
  /** How many operations were answered in each way, where there are several that are right. */
  readonly answers?: Readonly<Record<string, number>>
}

/**
 * Does one operation as the worker of this number. @returns whether the answer was right, or which of several right
 * ones it was.
 */
export type Operation = (worker: number) => Promise<boolean | string>

export interface LoopOptions {
  readonly workers: number
  readonly ms: number
  /** Operations to begin in a second, evenly; as many as the workers can, unless given. */
  readonly perSecond?: number
  readonly pause?: () => Promise<unknown>
}

interface Tally {
  readonly latencies: number[]
  readonly answers: Record<string, number>
  errors: number
  firstError: string | undefined
}

/**
 * Bounded load: each worker begins an operation when its last one has ended, and when the next is due. One that had
 * to wait for a free worker counts from when it was due. A contender that answers wrongly most of the time is left
 * after 200 operations.
 * @param options.pause waited for before each operation; its time does not count.
 */
export async function closedLoop(
  operation: Operation,
  { workers, ms, perSecond = Infinity, pause }: LoopOptions,
): Promise<Outcome> {
  const tally: Tally = { latencies: [], answers: {}, errors: 0, firstError: undefined }
  const startedAt = performance.now()
  const end = startedAt + ms
  const due = timetable(startedAt, 1000 / perSecond)
  const work = async (worker: number) => {
    while (performance.now() < end && !isHopeless(tally)) {
      await pause?.()
      const from = await due()
      if (performance.now() < end) await once(operation, worker, tally, from)
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return summarise(tally, (performance.now() - startedAt) / 1000)
}

/** Waits until the next operation is due. @returns since when it counts. */
function timetable(startedAt: number, interval: number): () => Promise<number> {
  let next = startedAt
  return async () => {
    const due = next
    next += interval
    const early = due - performance.now()
    if (early > 0) await sleep(early)
    // A timer that comes late is the load generator's fault; that no worker was free, the server's.
    return early > 0 || interval === 0 ? performance.now() : due
  }
}

async function once(operation: Operation, worker: number, tally: Tally, from: number): Promise<void> {
  try {
    count(tally, await operation(worker))
  } catch (error) {
    tally.errors += 1
    tally.firstError ??= error instanceof Error ? error.message : String(error)
  }
  tally.latencies.push(performance.now() - from)
}

function count(tally: Tally, answer: boolean | string): void {
  if (answer === false) tally.errors += 1
  if (typeof answer === 'string') tally.answers[answer] = (tally.answers[answer] ?? 0) + 1
}

function isHopeless({ errors, latencies }: Tally): boolean {
  return errors > 200 && errors > latencies.length / 2
}

function summarise({ latencies, answers, errors, firstError }: Tally, seconds: number): Outcome {
  const p50Ms = quantile(latencies, 0.5)
  const p99Ms = quantile(latencies, 0.99)
  return { ops: latencies.length, seconds, p50Ms, p99Ms, errors, firstError, answers }
}
