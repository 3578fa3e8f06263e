import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkout } from './run-program.ts'

/** A tree of its own for a test of the rules: nothing is planted in a checkout that people work in. */
export type FixtureTree = AsyncDisposable & {
  root: string
  /** Writes files by their path from the root. */
  write: (files: Record<string, string>) => Promise<void>
  /** Takes files or folders over from the checkout. */
  take: (...paths: string[]) => Promise<void>
  link: (path: string, target: string) => Promise<void>
}

/** Makes an empty tree in the temporary directory; it is removed when it is disposed of. */
export async function fixtureTree(): Promise<FixtureTree> {
  const root = await mkdtemp(join(tmpdir(), 'check-'))
  return {
    root,
    async write(files) {
      await Promise.all(Object.entries(files).map(([path, text]) => writeInto(join(root, path), text)))
    },
    async take(...paths) {
      await Promise.all(paths.map((path) => cp(join(checkout, path), join(root, path), { recursive: true })))
    },
    async link(path, target) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await symlink(join(root, target), join(root, path))
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

async function writeInto(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
