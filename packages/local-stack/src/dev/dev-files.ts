import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The files of one checkout's development stack. */
export interface DevFiles {
  /** Where everything is, for programs. */
  state: string
  /** What the operator command must be told, one variable a line, for a shell. */
  operatorVariables: string
  /** The list of running programs. */
  journal: string
  /** Held by whoever is starting the stack. */
  lock: string
  logs: string
}

/**
 * Those under the checkout's .dev, which is made when missing and which git ignores. Refuses one that an earlier
 * run as another user left.
 */
export function devFiles(checkout: string): DevFiles {
  const directory = join(checkout, '.dev')
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.W_OK)
  } catch (error) {
    throw new Error(`${directory} is not yours to write to, perhaps from a run as root: remove it.`, {
      cause: error,
    })
  }
  return {
    state: join(directory, 'state.json'),
    operatorVariables: join(directory, 'operator.env'),
    journal: join(directory, 'programs.json'),
    lock: join(directory, 'starting.lock'),
    logs: join(directory, 'logs'),
  }
}

/** Removes what tells of a running stack. */
export function removeTraces(files: DevFiles): void {
  for (const file of [files.state, files.operatorVariables, files.journal]) rmSync(file, { force: true })
}

/** Puts the logs of the run before aside, so that each run's stand alone and the last crash can still be read. */
export function beginLogs({ logs }: DevFiles): void {
  const before = `${logs}.before`
  rmSync(before, { recursive: true, force: true })
  if (existsSync(logs)) renameSync(logs, before)
  mkdirSync(logs)
}
