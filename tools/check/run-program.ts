import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout whose installed programs are used, also when another tree is looked at. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url))

export type Ran = { status: number; stdout: string; stderr: string }

/** The same findings everywhere: what a CI sets colours or reshapes them, and wins over NO_COLOR. */
const plain = { NO_COLOR: '1', CI: undefined, GITHUB_ACTIONS: undefined, FORCE_COLOR: undefined }

/** Runs a program from the checkout's node_modules/.bin in the tree at `root` and gathers what it says. */
export async function runProgram(root: string, name: string, args: string[]): Promise<Ran> {
  const bin = join(checkout, 'node_modules/.bin')
  const child = spawn(join(bin, name), args, {
    cwd: root,
    // A tree outside the checkout has no linter of its own to be found beside its files.
    env: { ...process.env, ...plain, OXLINT_TSGOLINT_PATH: join(bin, 'tsgolint') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.on('error', reject)
  child.on('close', (code) => resolve(code ?? 1))
  const [status, stdout, stderr] = await Promise.all([promise, gather(child.stdout), gather(child.stderr)])
  return { status, stdout, stderr }
}

async function gather(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
