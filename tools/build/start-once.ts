import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShippedProgram } from './programs.ts'

const patience = 120_000
const keeper = new URL('keep-compiled.ts', import.meta.url).href

/**
 * Starts a bundle once, with its dependencies away, so that it keeps the code it compiled for the next start.
 * Rejects with what it said when it does not start: the image would not either.
 */
export async function startOnce(
  directory: string,
  { trial, nodeOptions = '' }: Pick<ShippedProgram, 'trial' | 'nodeOptions'>,
): Promise<void> {
  const port = 'listens' in trial ? await freePort() : undefined
  const env = 'listens' in trial ? { ...trial.listens, PORT: String(port), IAM_HTTP_HOST: '127.0.0.1' } : {}
  const args = 'ends' in trial ? trial.ends : []
  const child = spawn(process.execPath, ['--import', keeper, join(directory, 'main.mjs'), ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      METADATA_SERVER_DETECTION: 'none',
      NODE_OPTIONS: nodeOptions,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const said = Promise.all([saidOn(child.stdout), saidOn(child.stderr)])
  const ended = once(child, 'exit')
  const overdue = setTimeout(() => child.kill('SIGKILL'), patience)
  if (port !== undefined) {
    await untilItAnswers(port, child)
    if (child.connected) child.send('end')
  }
  const [code] = (await ended) as [number | null]
  clearTimeout(overdue)
  if (code !== 0) throw new Error(`${directory} did not start:\n${(await said).join('')}`)
}

async function saidOn(stream: Readable | null): Promise<string> {
  return stream === null ? '' : text(stream)
}

async function untilItAnswers(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null && !(await isLoaded(port))) await sleep(20)
}

/** Whether it says anything of being ready: a process may be live before it is loaded. */
function isLoaded(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health/ready', agent: false }, (response) => {
      response.resume()
      resolve(true)
    })
    request.on('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
