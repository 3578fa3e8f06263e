import { setTimeout as sleep } from 'node:timers/promises'

interface Retrying {
  /** Hears of every failure that is tried again. */
  readonly onError: (error: unknown) => void
  /** True for an error that no further try will mend; it is thrown. */
  readonly isFinal?: (error: unknown) => boolean
}

/** Tries until it works, waiting longer after each failure, up to five seconds. */
export async function retrying<T>(work: () => Promise<T>, { onError, isFinal }: Retrying): Promise<T> {
  for (let wait = 100; ; wait = Math.min(wait * 2, 5_000)) {
    try {
      return await work()
    } catch (error) {
      if (isFinal?.(error) === true) throw error
      onError(error)
      await sleep(wait)
    }
  }
}
