import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { builtinsByRequire } from './builtins-by-require.ts'
import { napiBindings } from './napi-bindings.ts'
import { sideEffectFree } from './side-effect-free.ts'
import type { ShippedProgram } from './programs.ts'

/** CommonJS packages inside an ES module still ask for these three. */
const commonJs = [
  `import { createRequire as bundleRequire } from 'node:module'`,
  `import { dirname as bundleDirectory } from 'node:path'`,
  `import { fileURLToPath as bundlePath } from 'node:url'`,
  'const require = bundleRequire(import.meta.url)',
  'const __filename = bundlePath(import.meta.url)',
  'const __dirname = bundleDirectory(__filename)',
].join('\n')

/**
 * What `node dist/<name>/main.mjs` starts: modules are compiled when they are imported, so the cache of compiled
 * code must be open before the program is. Entries are found by their place beside this file, wherever that is.
 */
const starter = [
  `import { enableCompileCache } from 'node:module'`,
  `import { join } from 'node:path'`,
  `enableCompileCache({ directory: join(import.meta.dirname, 'compile-cache'), portable: true })`,
  `await import('./program.mjs')`,
  '',
].join('\n')

/**
 * Bundles a program into `directory`, which is emptied first: `main.mjs`, the program, a file for each part that
 * is imported lazily, source maps, native modules as they are, and `node-options` where it has any.
 * @returns what went into which file.
 */
export async function bundle(root: string, program: ShippedProgram, directory: string): Promise<Metafile> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { program: program.entry },
    outdir: directory,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    loader: { '.node': 'copy' },
    plugins: [builtinsByRequire, napiBindings, sideEffectFree(['typebox'])],
    banner: { js: commonJs },
    sourcemap: 'external',
    // Less to read at every start. Names stay, and lines stay short: a stack trace can still be read.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    legalComments: 'none',
    external: ['pg-native'], // an optional part of pg that is not installed
    metafile: true,
    logLevel: 'warning',
  })
  await writeFile(join(directory, 'main.mjs'), starter)
  for (const file of program.reads ?? []) await copyFile(join(root, file), join(directory, basename(file)))
  if (program.nodeOptions !== undefined) {
    await writeFile(join(directory, 'node-options'), program.nodeOptions)
  }
  return metafile
}
