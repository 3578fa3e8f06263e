import type { Metafile } from 'esbuild'

const packageName = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//

/** The npm packages that a bundle contains, each once. */
export function packagesIn({ inputs }: Pick<Metafile, 'inputs'>): string[] {
  const names = Object.keys(inputs).flatMap((path) => packageName.exec(path)?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

/** Those of the packages that are not allowed. A rule may end in `*`. */
export function forbiddenAmong(packages: readonly string[], never: readonly string[]): string[] {
  return packages.filter((name) => never.some((rule) => covers(rule, name)))
}

/**
 * Where a source of ours imports a CommonJS package lazily. In a bundle such a module has one name, `default`, and
 * the names that it has elsewhere are undefined: a file of ours has to stand between, that imports it as usual.
 */
export function lazyCommonJs({ inputs }: Pick<Metafile, 'inputs'>): string[] {
  const ours = Object.entries(inputs).filter(([path]) => !path.includes('node_modules/'))
  return ours.flatMap(([path, { imports }]) =>
    imports
      .filter(({ kind, path: to }) => kind === 'dynamic-import' && inputs[to]?.format === 'cjs')
      .map(({ path: to }) => `${path}: ${packageName.exec(to)?.[1] ?? to}`),
  )
}

function covers(rule: string, name: string): boolean {
  return rule.endsWith('*') ? name.startsWith(rule.slice(0, -1)) : name === rule
}

/** Bytes of a bundle: loaded with the start, loaded later if at all, and native modules. */
export interface BundleSizes {
  readonly start: number
  readonly lazy: number
  readonly native: number
}

/** Adds up a bundle's files; source maps do not count, because nothing loads them. */
export function sizesOf({ outputs }: Pick<Metafile, 'outputs'>): BundleSizes {
  const files = Object.entries(outputs).filter(([path]) => !path.endsWith('.map'))
  const started = startedWith(outputs)
  const sum = (wanted: (path: string) => boolean) =>
    files.reduce((total, [path, { bytes }]) => total + (wanted(path) ? bytes : 0), 0)
  const isNative = (path: string) => path.endsWith('.node')
  return {
    start: sum((path) => started.has(path)),
    lazy: sum((path) => !started.has(path) && !isNative(path)),
    native: sum(isNative),
  }
}

/** The program's file and every file it imports statically, directly or not. */
function startedWith(outputs: Metafile['outputs']): Set<string> {
  const found = new Set<string>()
  const open = Object.keys(outputs).filter((path) => path.endsWith('/program.mjs'))
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue
    found.add(path)
    const imports = outputs[path]?.imports ?? []
    open.push(
      ...imports
        .filter(({ kind, external }) => kind === 'import-statement' && external !== true)
        .map(({ path }) => path),
    )
  }
  return found
}
