import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** A port to listen on, and what to tell the user when it is not the usual one. */
export interface ChosenPort {
  port: number
  /** A sentence saying which port was taken; undefined when the preferred one was free. */
  remark: string | undefined
}

/**
 * Free ports are taken from below the range out of which Linux serves outgoing connections: from inside it,
 * somebody's connection could get the number between our look and the program's `listen`.
 */
const lowest = 20_000
const highest = 32_000

/**
 * Processes that start at the same moment take turns in that range, by their ids, and begin somewhere in it: or
 * both would find a port free on which neither listens yet.
 */
const turns = 16
let next = lowest + (process.pid % turns) + turns * randomInt((highest - lowest) / turns)

/** Two callers in one process never get the same port, even before either listens. */
const handedOut = new Set<number>()

/**
 * Takes the preferred port, or, when another program listens there, the first of `others` that is free or any
 * free one, and says so by `name`.
 */
export async function choosePort(
  preferred: number,
  name: string,
  others: readonly number[] = [],
): Promise<ChosenPort> {
  if (await take(preferred)) return { port: preferred, remark: undefined }
  const port = (await firstFree(others)) ?? (await freePort())
  return { port, remark: `Port ${preferred} (${name}) is taken: using ${port}.` }
}

/** A port on which nothing listens, on IPv4 or IPv6 loopback. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < (highest - lowest) / turns; tried += 1) {
    const port = next
    next = port + turns < highest ? port + turns : lowest + (process.pid % turns)
    if (await take(port)) return port
  }
  throw new Error(`No free port was found between ${lowest} and ${highest}.`)
}

async function firstFree(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) if (await take(port)) return port
  return undefined
}

async function take(port: number): Promise<boolean> {
  if (handedOut.has(port)) return false
  handedOut.add(port)
  if (await isFree(port)) return true
  handedOut.delete(port)
  return false
}

/** `localhost` may mean either loopback address, so a port counts as free only when both are. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'))
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(isAbsent(error)))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** A machine without IPv6 has nobody listening there either. */
function isAbsent(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'
}
