import { isAlive, type ProcessIdentity } from '../machine/process-identity.ts'
import { poll } from './poll.ts'

/** How to end a process: the signal that asks it to, and how long it may take before SIGKILL. */
export interface Ending {
  signal: NodeJS.Signals
  withinMs: number
}

const killWithinMs = 5_000

/**
 * Ends exactly this process and waits until it is gone: asks first, then kills. Leaves alone a process that
 * merely has the same number by now. Returns whether there was anything to end.
 */
export async function endProcess(identity: ProcessIdentity, { signal, withinMs }: Ending): Promise<boolean> {
  if (!sendSignal(identity, signal)) return false
  if (await isGone(identity, withinMs)) return true
  if (!sendSignal(identity, 'SIGKILL') || (await isGone(identity, killWithinMs))) return true
  throw new Error(`Process ${identity.pid} could not be ended.`)
}

/** Sends a signal to exactly this process; false when it no longer runs. */
export function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const gone = await poll(() => (isAlive(identity) ? undefined : true), { withinMs, everyMs: 10 })
  return gone ?? false
}
