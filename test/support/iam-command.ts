import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

export interface Ran {
  /** Missing when it ended well. */
  readonly code?: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the operator's command with these variables alone. */
export function iamCommand(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
  return promisify(execFile)(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  }).catch((error: unknown) => error as Ran)
}

/** The thumbprint of the key that signs audit heads, as `bootstrap` prints it. */
export async function auditAnchorOf(env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await iamCommand(env, 'bootstrap', '--json')
  return (JSON.parse(stdout) as { anchors: { audit: string } }).anchors.audit
}
