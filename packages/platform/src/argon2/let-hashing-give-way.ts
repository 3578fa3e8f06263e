import { readdir, readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

const tasks = '/proc/self/task'
/** Of 19: a thread that has waited gets its turn at once, and one that hashes keeps a core that nobody wants. */
const politeness = 10

/**
 * Lets passwords be hashed behind whatever else wants the processor: a hash takes all of it for tens of milliseconds,
 * and a session check must not wait for that. Hashing runs in Node's pool of threads, and the lanes of a hash inherit
 * from them. Linux alone has priorities of threads; elsewhere nothing happens.
 */
export async function letHashingGiveWay(): Promise<void> {
  // Reading a file is what starts the pool, where nothing has yet.
  const threads = await readdir(tasks).catch(() => [])
  for (const thread of threads) {
    const name = await readFile(`${tasks}/${thread}/comm`, 'utf8').catch(() => '')
    if (name.startsWith('libuv-worker')) setPriority(Number(thread), politeness)
  }
}
