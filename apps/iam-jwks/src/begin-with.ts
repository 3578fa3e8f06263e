import type { ServedKeySet } from './served-key-set.ts'

interface Beginnings {
  /** The last good document of before, where there is a disk. */
  readonly copy: string | undefined
  /** Other places where a newer one may be: the CDN's copy of what was served here, other regions' stores. */
  readonly witnesses: readonly URL[]
  readonly read: (source: URL) => Promise<string>
}

/**
 * Gives a key set that serves nothing yet its mark: the newest good document that is to be had anywhere. What its own
 * store holds must not be older, so that a store that was rolled back while nobody looked brings nothing back.
 */
export async function beginWith(served: ServedKeySet, { copy, witnesses, read }: Beginnings): Promise<void> {
  const seen = await Promise.all(witnesses.map((url) => read(url).catch(() => undefined)))
  // One that is older than another is no fault here.
  for (const document of [copy, ...seen]) if (document !== undefined) await served.take(document, new Date())
}
