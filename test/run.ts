import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

// `npm test`: the checks, the tests beside the code, then those that start processes of their own, two files at
// a time. With arguments, only the tests whose file they match; `--long` runs the loops many times longer.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const long = process.argv.includes('--long')
const filters = process.argv.slice(2).filter((argument) => argument !== '--long')
const started = Date.now()

interface Part {
  readonly what: string
  readonly args: readonly string[]
}

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--passWithNoTests']
const parts: Part[] = [
  ...(filters.length > 0 ? [] : [{ what: 'types, lint and boundaries', args: ['tools/check/main.ts'] }]),
  { what: 'code', args: [...vitest, '--project', 'code', ...filters] },
  { what: 'system', args: [...vitest, '--project', 'system', '--maxWorkers', '2', ...filters] },
]

for (const [n, { what, args }] of parts.entries()) {
  console.log(`\n[${n + 1}/${parts.length}] ${what}`)
  const env = { ...process.env, IAM_TEST_LONG: long ? '1' : '' }
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) {
    console.error(`\nFailed in part ${n + 1}, ${what}: see above.`)
    process.exit(1)
  }
}
console.log(`\nAll passed in ${Math.round((Date.now() - started) / 1000)} s.`)
