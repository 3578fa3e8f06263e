import { readJson } from '../machine/json-file.ts'
import { type ProcessIdentity, isAlive } from '../machine/process-identity.ts'
import { endProcess } from '../processes/end-process.ts'
import { endPrograms, readJournal } from '../processes/journal.ts'
import type { StackState } from '../stack/index.ts'
import { type DevFiles, removeTraces } from './dev-files.ts'

/** A stack that is up: where everything is, and who looks after it. */
export interface RunningStack {
  state: StackState
  /** The `npm start` in whose terminal it runs; undefined when it was detached. */
  owner: ProcessIdentity | undefined
}

/** The owner stops its programs in order before it goes. */
const ownerStopsWithinMs = 120_000

/**
 * The stack of this checkout if it is up: either its `npm start` looks after it, or it was detached and all of it
 * still runs. Undefined when there is none or only the remains of one.
 */
export function runningStack(files: DevFiles): RunningStack | undefined {
  const journal = readJournal(files.journal)
  const state = readJson(files.state)
  if (journal === undefined || state === undefined) return undefined
  const { owner, programs } = journal
  const up = owner === null ? programs.length > 0 && programs.every(isAlive) : isAlive(owner)
  return up ? { state: state as StackState, owner: owner ?? undefined } : undefined
}

/**
 * Ends the stack of this checkout, or what is left of one, and returns the names of the programs it ended. Ends
 * exactly the processes that were written down, never another that has one's number by now.
 */
export async function stopStack(files: DevFiles): Promise<string[]> {
  const journal = readJournal(files.journal)
  const names = journal?.programs.filter(isAlive).map(({ name }) => name) ?? []
  const owner = journal?.owner
  if (owner && owner.pid !== process.pid) {
    await endProcess(owner, { signal: 'SIGTERM', withinMs: ownerStopsWithinMs })
  }
  // What the owner could not end itself, or all of them when it is dead or there never was one.
  const left = readJournal(files.journal)?.programs ?? []
  await endPrograms(left.filter(({ pid }) => pid !== process.pid))
  removeTraces(files)
  return names
}
