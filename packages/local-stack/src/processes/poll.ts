import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait for something, and how often to look, in milliseconds. */
export interface Patience {
  withinMs: number
  everyMs: number
}

/** Looks until `look` gives something or time is up, and returns what it gave, or undefined. */
export async function poll<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { withinMs, everyMs }: Patience,
): Promise<T | undefined> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() >= deadline) return undefined
    await sleep(everyMs)
  }
}
