// npm run format [-- file…]: writes every file, or those named, the way `npm run check -- format` wants it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const biome = `${root}node_modules/.bin/biome`
const paths = process.argv.slice(2)
process.exitCode =
  spawnSync(biome, ['format', '--write', ...paths], { cwd: root, stdio: 'inherit' }).status ?? 1
