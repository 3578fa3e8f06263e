import { quantile } from '../measure/statistics.ts'

/** What came of a stretch of work. */
export interface Outcome {
  readonly ops: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  readonly firstError?: string | undefined
}

/** Does one operation as the worker of this number. @returns whether the answer was right. */
export type Operation = (worker: number) => Promise<boolean>

export interface LoopOptions {
  readonly workers: number
  readonly ms: number
  readonly pause?: () => Promise<unknown>
}

interface Tally {
  readonly latencies: number[]
  errors: number
  firstError: string | undefined
}

/**
 * Bounded load: each worker begins an operation when its last one has ended. A contender that answers wrongly most
 * of the time is left after 200 operations.
 * @param options.pause waited for before each operation; its time does not count.
 */
export async function closedLoop(
  operation: Operation,
  { workers, ms, pause }: LoopOptions,
): Promise<Outcome> {
  const tally: Tally = { latencies: [], errors: 0, firstError: undefined }
  const startedAt = performance.now()
  const end = startedAt + ms
  const work = async (worker: number) => {
    while (performance.now() < end && !isHopeless(tally)) {
      await pause?.()
      await once(operation, worker, tally)
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return summarise(tally, (performance.now() - startedAt) / 1000)
}

async function once(operation: Operation, worker: number, tally: Tally): Promise<void> {
  const startedAt = performance.now()
  try {
    if (!(await operation(worker))) tally.errors += 1
  } catch (error) {
    tally.errors += 1
    tally.firstError ??= error instanceof Error ? error.message : String(error)
  }
  tally.latencies.push(performance.now() - startedAt)
}

function isHopeless({ errors, latencies }: Tally): boolean {
  return errors > 200 && errors > latencies.length / 2
}

function summarise({ latencies, errors, firstError }: Tally, seconds: number): Outcome {
  const p50Ms = quantile(latencies, 0.5)
  const p99Ms = quantile(latencies, 0.99)
  return { ops: latencies.length, seconds, p50Ms, p99Ms, errors, firstError }
}
