import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds that each thread of some processes and their children has run, by `pid/tid`. */
export type CpuReading = ReadonlyMap<string, number>

/** Reads the time that threads have run from /proc: on a machine shared with others it is the number that holds. */
export function readCpu(pids: readonly number[]): CpuReading {
  const reading = new Map<string, number>()
  for (const pid of pids.flatMap(familyOf)) {
    for (const thread of namesIn(`/proc/${pid}/task`)) {
      const ran = contentOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]
      if (ran !== undefined && ran !== '') reading.set(`${pid}/${thread}`, Number(ran))
    }
  }
  return reading
}

/**
 * Microseconds between two readings. A thread that is new counts whole; one that has ended counts nothing, rather
 * than taking back what it had run before.
 */
export function cpuBetween(before: CpuReading, after: CpuReading): number {
  let nanoseconds = 0
  for (const [thread, ran] of after) nanoseconds += ran - (before.get(thread) ?? 0)
  return nanoseconds / 1000
}

/** Resident memory of a process and its children. */
export function rssMib(pid: number): number {
  return sumMib(pid, /VmRSS:\s+(\d+)/)
}

/** The most resident memory that a process and its children ever had. */
export function peakMib(pid: number): number {
  return sumMib(pid, /VmHWM:\s+(\d+)/)
}

function sumMib(pid: number, line: RegExp): number {
  const kib = familyOf(pid).map((one) => line.exec(contentOf(`/proc/${one}/status`))?.[1] ?? 0)
  return kib.reduce<number>((sum, one) => sum + Number(one), 0) / 1024
}

/** A process and all its descendants that live. */
function familyOf(pid: number): number[] {
  const children = namesIn(`/proc/${pid}/task`).flatMap((thread) =>
    contentOf(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .filter((child) => child.trim() !== ''),
  )
  return [pid, ...children.map(Number).flatMap(familyOf)]
}

/** What is gone has no entries: processes and threads end while they are looked at. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
