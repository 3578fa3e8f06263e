import { open, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 10
/** Holders write one small file, so a lock this old is of a process that died. */
const staleMs = 10_000

/**
 * Does `work` while no other process that uses the same lock file does. A lock whose holder died is taken
 * over; two that take it over in the same instant could both have it, which needs a crash and a race at once.
 */
export async function withFileLock(path: string, work: () => Promise<void>): Promise<void> {
  while (!(await take(path))) {
    if (await isStale(path)) await rm(path, { force: true })
    else await sleep(pollMs)
  }
  try {
    await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path)
    return Date.now() - mtimeMs > staleMs
  } catch {
    return false // released in the meantime
  }
}
