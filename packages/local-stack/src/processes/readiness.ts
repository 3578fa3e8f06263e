import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { get } from 'node:http'

/** How a program shows that it is ready: it answers 200 at an address, or prints a line. */
export type Readiness = { url: string } | { line: RegExp }

const askWithinMs = 2_000

/** Whether the program that writes to this log is ready now. Looks only at what it printed after `offset` bytes. */
export async function isReady(readiness: Readiness, log: { file: string; offset: number }): Promise<boolean> {
  if ('url' in readiness) return answersWell(readiness.url)
  return readiness.line.test(readFrom(log.file, log.offset))
}

/** What stands in a file after the first `offset` bytes. */
export function readFrom(file: string, offset: number): string {
  const descriptor = openSync(file, 'r')
  try {
    const content = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset))
    const length = readSync(descriptor, content, 0, content.length, offset)
    return content.toString('utf8', 0, length)
  } finally {
    closeSync(descriptor)
  }
}

/** Each question takes its own connection: a kept one would hide that the program was restarted. */
function answersWell(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: askWithinMs }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
