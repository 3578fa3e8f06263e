import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Environment } from '@iam/local-stack/stack'

/** Starts one more instance of a process beside the stack's own. End it with SIGKILL: the stack does not know it. */
export function startInstance(name: 'iam-api' | 'iam-worker', env: Environment): ChildProcess {
  const main = fileURLToPath(import.meta.resolve(`@iam/${name}/config`)).replace('config.ts', 'main.ts')
  return spawn(process.execPath, [main], { env, stdio: 'ignore' })
}
