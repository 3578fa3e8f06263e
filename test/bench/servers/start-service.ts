import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startStack, type Environment, type Stack } from '@iam/local-stack/stack'

const checkout = fileURLToPath(new URL('../../..', import.meta.url))

/** Our three processes. */
export type ProcessName = 'iam-api' | 'iam-worker' | 'iam-jwks'

/** The service as it ships: bundles with their compiled code, on Postgres that syncs every commit. */
export interface Service {
  readonly stack: Stack
  /** What each process was started with. */
  readonly environments: Readonly<Record<ProcessName, Environment>>
}

/** A cache of compiled code other than the bundle's own. What polls for keys more often than it ships is left so:
 *  it asks once a second, and lets the stack start in seconds. */
const notShipped = ['NODE_COMPILE_CACHE']

/** The file that a process is started from. */
export function bundleOf(name: ProcessName): string {
  return join(checkout, 'dist', name, 'main.mjs')
}

/** What NODE_OPTIONS is to say where a bundle runs. */
function nodeOptionsOf(program: string): Environment {
  const file = join(checkout, 'dist', program, 'node-options')
  return existsSync(file) ? { NODE_OPTIONS: readFileSync(file, 'utf8') } : {}
}

/** Starts everything on free ports, with throw-away data. `npm run build` must have run. */
export async function startService(say: (sentence: string) => void): Promise<Service> {
  const environments: Partial<Record<string, Environment>> = {}
  const stack = await startStack({
    durable: true,
    programs: { api: bundleOf('iam-api'), worker: bundleOf('iam-worker'), jwks: bundleOf('iam-jwks') },
    adjust: (program, given) => {
      const kept = Object.entries(given).filter(([name]) => !notShipped.includes(name))
      const env = { ...Object.fromEntries(kept), ...nodeOptionsOf(program) }
      environments[program] = env
      return env
    },
    onProgress: say,
  })
  return { stack, environments: environments as Service['environments'] }
}
