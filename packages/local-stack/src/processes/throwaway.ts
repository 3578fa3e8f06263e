import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cacheDirectory } from '../machine/cache-directory.ts'
import { identify, isAlive } from '../machine/process-identity.ts'
import { endPrograms, ProcessJournal, readJournal } from './journal.ts'
import type { Surroundings } from './supervised-program.ts'

const journalFile = 'programs.json'

/** Those of this process that still exist. */
const living = new Set<Throwaway>()

/**
 * A directory for programs that a test starts: their data, logs and journal. It goes with `remove`, or with the
 * process that made it; after a SIGKILL the next one to be made clears up, programs included.
 */
export class Throwaway implements Surroundings {
  readonly directory: string
  readonly logs: string
  readonly journal: ProcessJournal

  /** Use `makeThrowaway`, which clears up first. */
  constructor(directory: string) {
    this.directory = directory
    this.logs = join(directory, 'logs')
    this.journal = new ProcessJournal(join(directory, journalFile))
    if (living.size === 0) process.once('exit', endAll)
    living.add(this)
  }

  /** Deletes everything. The programs must have been stopped. */
  remove(): void {
    this.journal.close()
    living.delete(this)
    if (living.size === 0) process.off('exit', endAll)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }

  /** Kills what still runs and deletes everything. */
  end(): void {
    this.journal.killAll()
    this.remove()
  }
}

/** Makes an empty throw-away directory that the server user can reach, after clearing up those of dead processes. */
export async function makeThrowaway(): Promise<Throwaway> {
  const parent = join(cacheDirectory(), 'throwaway')
  mkdirSync(parent, { recursive: true })
  chmodSync(parent, 0o755)
  for (const entry of readdirSync(parent)) await clearIfAbandoned(join(parent, entry))
  const directory = mkdtempSync(join(parent, `${process.pid}-`))
  chmodSync(directory, 0o755)
  return new Throwaway(directory)
}

/** The surroundings given, or new throw-away ones, with what to do once the programs in them are stopped. */
export async function surroundingsOr(
  given: Surroundings | undefined,
): Promise<{ surroundings: Surroundings; leave: () => void }> {
  if (given !== undefined) return { surroundings: given, leave: () => {} }
  const throwaway = await makeThrowaway()
  return { surroundings: throwaway, leave: () => throwaway.remove() }
}

async function clearIfAbandoned(directory: string): Promise<void> {
  const journal = readJournal(join(directory, journalFile))
  const maker = Number(basename(directory).split('-')[0])
  // Between making the directory and writing its journal only the directory's name tells whose it is.
  const inUse = journal?.owner ? isAlive(journal.owner) : identify(maker) !== undefined
  if (inUse) return
  await endPrograms(journal?.programs ?? [])
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

function endAll(): void {
  for (const throwaway of living) throwaway.end()
}
