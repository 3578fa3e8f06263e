import { readFileSync } from 'node:fs'

/**
 * One process and no other: its number alone is given to somebody else once it has ended, so the moment it
 * started, in clock ticks since the machine's boot, and the boot itself belong to it.
 */
export interface ProcessIdentity {
  pid: number
  startedAt: string
}

/** The identity of the living process with this number; undefined when there is none, or only its remains. */
export function identify(pid: number): ProcessIdentity | undefined {
  const seen = look(pid)
  return seen?.hasEnded === false ? seen.identity : undefined
}

/**
 * The identity of a child that was just made, also when it has ended since: its remains lie there until the event
 * loop asks how, so call this before anything is waited for.
 */
export function identifyChild(pid: number): ProcessIdentity | undefined {
  return look(pid)?.identity
}

function look(pid: number): { identity: ProcessIdentity; hasEnded: boolean } | undefined {
  try {
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTicks] = [fields[0], fields[19]]
    if (startTicks === undefined) return undefined
    // A zombie has ended; only its parent has not asked how.
    const hasEnded = state === 'Z' || state === 'X'
    return { identity: { pid, startedAt: `${bootId()}/${startTicks}` }, hasEnded }
  } catch {
    return undefined
  }
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt
}

/** The identity of the process that asks. */
export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid)
  if (identity === undefined) throw new Error('The local stack needs Linux with /proc mounted.')
  return identity
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}
