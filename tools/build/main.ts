// npm run build [-- program…]: the programs as they are shipped, and the verifier, one folder under dist/ for each.
import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'
import { forbiddenAmong, lazyCommonJs, packagesIn, sizesOf } from './contents.ts'
import { shippedPrograms, type ShippedProgram } from './programs.ts'
import { startOnce } from './start-once.ts'
import { buildVerifier } from './verifier.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const asked = process.argv.slice(2)
const known = [...shippedPrograms.map(({ name }) => name), 'verifier']
const unknown = asked.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`No such program: ${unknown.join(', ')}. They are ${known.join(', ')}.`)
  process.exit(2)
}
try {
  for (const program of shippedPrograms) {
    if (asked.length === 0 || asked.includes(program.name)) console.log(await ship(program))
  }
  if (asked.length === 0 || asked.includes('verifier')) {
    await buildVerifier(root, join(root, 'dist/verifier'))
    console.log('dist/verifier    for services to install')
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

/** Bundles one program and warms its cache. @returns what to say about it. @throws when it holds what it must not. */
async function ship(program: ShippedProgram): Promise<string> {
  const startedAt = performance.now()
  const directory = join(root, 'dist', program.name)
  const metafile = await bundle(root, program, directory)
  const forbidden = forbiddenAmong(packagesIn(metafile), program.never)
  if (forbidden.length > 0) throw new Error(`${program.name} may not contain ${forbidden.join(', ')}.`)
  const nameless = lazyCommonJs(metafile)
  if (nameless.length > 0) throw new Error(`${program.name} imports CommonJS lazily: ${nameless.join('; ')}.`)
  const bundledAt = performance.now()
  await startOnce(directory, program)
  const { start, lazy, native } = sizesOf(metafile)
  const cache = await bytesUnder(join(directory, 'compile-cache'))
  return [
    relative(root, directory).padEnd(16),
    `${kilobytes(start)} at start, ${kilobytes(lazy)} lazily, ${kilobytes(native)} native,`,
    `${kilobytes(cache)} compiled;`,
    `bundled in ${seconds(bundledAt - startedAt)}, started in ${seconds(performance.now() - bundledAt)}`,
  ].join(' ')
}

async function bytesUnder(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => stat(join(parentPath, name)))
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0)
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} KB`.padStart(7)
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
