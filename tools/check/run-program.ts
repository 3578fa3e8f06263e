import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout whose installed programs are used, also when another tree is looked at. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url))

export type Ran = { status: number; stdout: string; stderr: string }

/** Runs a program from the checkout's node_modules/.bin in the tree at `root` and gathers what it says. */
export async function runProgram(root: string, name: string, args: string[]): Promise<Ran> {
  const bin = join(checkout, 'node_modules/.bin')
  const child = spawn(join(bin, name), args, {
    cwd: root,
    env: { ...plain(process.env), OXLINT_TSGOLINT_PATH: join(bin, 'tsgolint') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.on('error', reject)
  child.on('close', (code) => resolve(code ?? 1))
  const [status, stdout, stderr] = await Promise.all([promise, gather(child.stdout), gather(child.stderr)])
  return { status, stdout, stderr }
}

/**
 * The environment without what makes a program colour or reshape its findings: a CI's variables win over
 * NO_COLOR. The linter's own path is given beside it, since a tree outside the checkout has none to be found.
 */
function plain({ CI, GITHUB_ACTIONS, FORCE_COLOR, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...rest, NO_COLOR: '1' }
}

async function gather(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
