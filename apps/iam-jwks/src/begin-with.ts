import type { ServedKeySet } from './served-key-set.ts'

interface Beginnings {
  /** The last good document of before, where there is a disk. */
  readonly copy: string | undefined
  /** Other places where a newer one may be: the CDN's copy of what was served here, other regions' stores. */
  readonly witnesses: readonly URL[]
  readonly read: (source: URL) => Promise<string>
}

/**
 * Gives a key set that serves nothing yet its mark: the newest good document that is to be had anywhere, and which anchors
 * have retired by any of them. What its own
 * store holds must not be older, so that a store that was rolled back while nobody looked brings nothing back.
 */
export async function beginWith(served: ServedKeySet, { copy, witnesses, read }: Beginnings): Promise<void> {
  const seen = await Promise.all(witnesses.map((url) => read(url).catch(() => undefined)))
  const all = [copy, ...seen].filter((document) => document !== undefined)
  // First what any of them says of anchors: a newer set by one that has retired is to keep none of the others out.
  for (const document of all) await served.heed(document, new Date())
  // One that is older than another is no fault here.
  for (const document of all) await served.take(document, new Date())
}
