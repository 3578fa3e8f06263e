// Loaded before a bundle that is started once (see start-once.ts). When the parent says so, the parts that this
// start had no need of are loaded too, the compiled code of everything is kept, and the process ends.
import { readdirSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const started = new Set(['main.mjs', 'program.mjs'])

process.once('message', () => {
  void loadAll(dirname(process.argv[1] ?? ''))
})
// A program that ends by itself must be able to.
process.channel?.unref()

async function loadAll(directory: string): Promise<void> {
  const parts = readdirSync(directory).filter((name) => name.endsWith('.mjs') && !started.has(name))
  for (const name of parts) await import(pathToFileURL(join(directory, name)).href)
  flushCompileCache()
  process.exit(0)
}
