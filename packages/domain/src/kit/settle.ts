/** What became of work done side by side. */
export interface Settled<T> {
  readonly done: readonly T[]
  /** The first failure, if any. */
  readonly failure: { readonly reason: unknown } | undefined
}

/** Waits for all, and keeps what was done although some failed. */
export async function settle<T>(work: readonly Promise<T>[]): Promise<Settled<T>> {
  const outcomes = await Promise.allSettled(work)
  return {
    done: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failure: outcomes.find((outcome) => outcome.status === 'rejected'),
  }
}
