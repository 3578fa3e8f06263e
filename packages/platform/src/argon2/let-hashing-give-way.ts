import { readdir, readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

const tasks = '/proc/self/task'
/** Of 19: a thread that has waited gets its turn at once, and one that hashes keeps a core that nobody wants. */
const politeness = 10

/**
 * Lets passwords be hashed behind whatever else wants the processor: a hash takes all of it for tens of milliseconds,
 * and a session check must not wait for that. Hashing runs in Node's pool of threads, and the lanes of a hash inherit
 * from them. Linux alone has priorities of threads; elsewhere, and where a sandbox grants none, all is as it was.
 */
export async function letHashingGiveWay(setNice: typeof setPriority = setPriority): Promise<void> {
  // Reading a file is what starts the pool, where nothing has yet.
  const threads = await readdir(tasks).catch(() => [])
  for (const thread of threads) {
    const name = await readFile(`${tasks}/${thread}/comm`, 'utf8').catch(() => '')
    if (name.startsWith('libuv-worker')) tryTo(() => setNice(Number(thread), politeness))
  }
}

/** Hashing at the usual priority is slower for others, and no reason not to start. */
function tryTo(change: () => void): void {
  try {
    change()
  } catch {
    // The thread is gone, or the sandbox knows no priorities.
  }
}
