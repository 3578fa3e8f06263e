import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { identify } from './process-identity.ts'

const readableByAll = 0o444
const enterableByAll = 0o555

/**
 * Makes a directory that is either absent or complete. `build` fills a scratch directory, which then takes the
 * final name in one step, so being killed half-way leaves nothing that looks finished, and of two builders at
 * once the slower one throws its copy away.
 */
export async function buildOnce(directory: string, build: (scratch: string) => Promise<void>): Promise<void> {
  if (existsSync(directory)) return
  removeAbandonedScratch(directory)
  const scratch = `${directory}.${process.pid}.${randomBytes(4).toString('hex')}`
  mkdirSync(scratch, { recursive: true })
  try {
    await build(scratch)
    openToAll(scratch)
    openToAll(dirname(directory), { deep: false })
    moveIntoPlace(scratch, directory)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function moveIntoPlace(scratch: string, directory: string): void {
  try {
    renameSync(scratch, directory)
  } catch (error) {
    // Renaming over a directory fails unless it is empty: someone else finished first.
    if (!existsSync(directory)) throw error
  }
}

/** Scratch directories carry the number of the process that fills them. */
function removeAbandonedScratch(directory: string): void {
  const parent = dirname(directory)
  if (!existsSync(parent)) return
  for (const entry of readdirSync(parent)) {
    const owner = entry.startsWith(`${basename(directory)}.`) ? Number(entry.split('.').at(-2)) : Number.NaN
    if (Number.isInteger(owner) && identify(owner) === undefined) {
      rmSync(join(parent, entry), { recursive: true, force: true })
    }
  }
}

/** Undoes a strict umask: what is built here is public, and the server user has to read it. */
function openToAll(path: string, { deep } = { deep: true }): void {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return
  chmodSync(path, found.mode | (found.isDirectory() ? enterableByAll : readableByAll))
  if (!deep || !found.isDirectory()) return
  for (const entry of readdirSync(path)) openToAll(join(path, entry))
}
