import { spawn } from 'node:child_process'
import type { ServerUser } from './server-user.ts'

/** What a command said and how it ended. */
export interface CommandResult {
  /** The exit code, or undefined when it was ended by a signal or could not be started. */
  code: number | undefined
  stdout: string
  stderr: string
}

/** How to run a command. */
export interface CommandOptions {
  cwd: string
  env: Readonly<Record<string, string>>
  user?: ServerUser | undefined
  /** What it reads; nothing by default. */
  input?: string | undefined
}

/** Runs a command to its end and collects what it prints. Never throws: one that cannot be started says so in stderr. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, user, input }: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, { cwd, env, ...user, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {}) // it need not read
  child.stdin.end(input)
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (output.stderr += text))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: undefined, stdout: '', stderr: error.message }))
    child.on('close', (code) => resolve({ code: code ?? undefined, ...output }))
  })
}
