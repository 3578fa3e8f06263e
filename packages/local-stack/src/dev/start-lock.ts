import { linkSync, rmSync } from 'node:fs'
import { readJson, writeJson } from '../machine/json-file.ts'
import { type ProcessIdentity, isAlive, ownIdentity } from '../machine/process-identity.ts'
import { poll } from '../processes/poll.ts'

/** Long enough for a first run that has to fetch everything. */
const patience = { withinMs: 15 * 60_000, everyMs: 200 }

/**
 * Does the work while holding a lock file, so that two starts of one checkout never mix. Waits for another
 * holder, which `onWait` is told once; takes over from one that died.
 */
export async function withStartLock<T>(
  file: string,
  onWait: (pid: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  let told = false
  const taken = await poll(() => {
    if (take(file)) return true
    const holder = readJson(file) as ProcessIdentity | undefined
    if (holder !== undefined && !isAlive(holder)) rmSync(file, { force: true })
    else if (holder !== undefined && !told) onWait(holder.pid)
    told ||= holder !== undefined
    return undefined
  }, patience)
  if (!taken) throw new Error(`Another start still holds ${file}.`)
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** A link is made in one step, content and all, and fails when the name is taken. */
function take(file: string): boolean {
  const mine = `${file}.${process.pid}`
  writeJson(mine, ownIdentity())
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine)
  }
}
