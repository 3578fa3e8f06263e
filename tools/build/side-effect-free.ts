import type { Plugin } from 'esbuild'

/**
 * Says of packages that loading a module of theirs does nothing but define it, where they do not say so themselves:
 * what nothing uses of them then stays out of a bundle.
 */
export function sideEffectFree(packages: readonly string[]): Plugin {
  const names = packages.join('|')
  const inside = new RegExp(`/node_modules/(?:${names})/`)
  const resolving = Symbol('what is already being resolved')
  return {
    name: 'side-effect-free',
    setup: (build) => {
      build.onResolve({ filter: new RegExp(`^(?:${names})(?:/|$)|^\\.`) }, async (args) => {
        const { path, importer, kind, resolveDir } = args
        const isTheirs = !path.startsWith('.') || inside.test(importer)
        if (!isTheirs || args.pluginData === resolving) return undefined
        const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: resolving })
        return { ...found, sideEffects: false }
      })
    },
  }
}
