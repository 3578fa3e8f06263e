import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * Has Node's own modules required where the source imports them. An import reads every export of theirs at once,
 * to have them as names, and some exist only when they are read: node:http then loads all of undici, and
 * node:crypto all of Web Crypto, into processes that use neither.
 */
export const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup: (build) => {
    build.onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, kind }) => {
      return kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined
    })
    build.onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => {
      return { contents: `module.exports = require('${path}')` }
    })
  },
}
