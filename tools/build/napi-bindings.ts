import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

const ownRequire = /^require = createRequire\(__filename\)$/m

/**
 * The loaders of native modules that NAPI-RS writes give themselves a `require` of their own. In a bundle nothing
 * may be assigned to it, and the bundle's own finds the same: their modules are copied beside it.
 */
export const napiBindings: Plugin = {
  name: 'napi-bindings',
  setup: (build) => {
    build.onLoad({ filter: /\/@node-rs\/[^/]+\/binding\.js$/ }, async ({ path }) => {
      return { contents: (await readFile(path, 'utf8')).replace(ownRequire, '') }
    })
  },
}
