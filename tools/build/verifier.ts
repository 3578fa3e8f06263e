import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { parse } from 'yaml'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

/**
 * Makes what services install: one ES module with its types, and a package.json that npm understands. The types are
 * those that `tsc -b` has made.
 */
export async function buildVerifier(root: string, directory: string): Promise<void> {
  const source = join(root, 'packages/verifier')
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: { index: 'packages/verifier/src/index.ts' },
    outdir: directory,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  })
  const types = (await readdir(join(source, 'dist'))).filter((name) => name.endsWith('.d.ts'))
  for (const name of types) {
    const text = await readFile(join(source, 'dist', name), 'utf8')
    await writeFile(join(directory, name), text.replaceAll(/(from '\.\/[^']+)\.ts'/g, "$1.js'"))
  }
  await copyFile(join(source, 'README.md'), join(directory, 'README.md'))
  await writeFile(join(directory, 'package.json'), await manifestOf(root, source))
}

async function manifestOf(root: string, source: string): Promise<string> {
  const { name, version, dependencies } = JSON.parse(
    await readFile(join(source, 'package.json'), 'utf8'),
  ) as Manifest
  const workspace = parse(await readFile(join(root, 'pnpm-workspace.yaml'), 'utf8')) as {
    catalog: Record<string, string>
  }
  const ranges = Object.keys(dependencies).map((needed) => [needed, `^${workspace.catalog[needed] ?? ''}`])
  const manifest = {
    name,
    version,
    type: 'module',
    engines: { node: '>=20' },
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    dependencies: Object.fromEntries(ranges) as object,
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}
