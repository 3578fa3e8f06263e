import type { Metafile } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { forbiddenAmong, lazyCommonJs, packagesIn, sizesOf } from './contents.ts'

const input = { bytes: 1, imports: [] }
const output = { inputs: {}, exports: [] }
const statically = (path: string) => ({ path, kind: 'import-statement' as const })
const lazily = (path: string) => ({ path, kind: 'dynamic-import' as const })

describe('what is in a bundle', () => {
  it('names each npm package once, also where pnpm keeps it, and none of ours', () => {
    const inputs = {
      'apps/iam-jwks/src/main.ts': input,
      'node_modules/.pnpm/pg@8.23.1/node_modules/pg/lib/index.js': input,
      'node_modules/.pnpm/pg@8.23.1/node_modules/pg/lib/client.js': input,
      'node_modules/@grpc/grpc-js/build/src/index.js': input,
    }
    expect(packagesIn({ inputs })).toEqual(['@grpc/grpc-js', 'pg'])
  })

  it('finds what is forbidden by name or by scope, and nothing that is merely called alike', () => {
    const packages = ['@grpc/grpc-js', 'pg', 'pg-protocol', 'pino']
    expect(forbiddenAmong(packages, ['pg', '@grpc/*'])).toEqual(['@grpc/grpc-js', 'pg'])
  })

  it('finds where a source of ours imports CommonJS lazily, whose names a bundle loses', () => {
    const path = 'node_modules/.pnpm/x@1.0.0/node_modules/x/index.js'
    const other = 'node_modules/y/index.js'
    const inputs = {
      'apps/a/src/main.ts': { ...input, format: 'esm' as const, imports: [lazily(path), lazily(other)] },
      'apps/a/src/usual.ts': { ...input, format: 'esm' as const, imports: [statically(path)] },
      [path]: { ...input, format: 'cjs' as const },
      [other]: { ...input, format: 'esm' as const, imports: [lazily(path)] },
    }
    expect(lazyCommonJs({ inputs })).toEqual(['apps/a/src/main.ts: x'])
  })

  it('counts what a start loads apart from what is imported lazily, and no source maps', () => {
    const outputs: Metafile['outputs'] = {
      'dist/x/program.mjs': {
        ...output,
        bytes: 100,
        imports: [statically('dist/x/a.mjs'), lazily('dist/x/b.mjs')],
      },
      'dist/x/a.mjs': { ...output, bytes: 10, imports: [statically('dist/x/a.mjs')] },
      'dist/x/b.mjs': { ...output, bytes: 7, imports: [statically('dist/x/a.mjs')] },
      'dist/x/n.node': { ...output, bytes: 3, imports: [] },
      'dist/x/program.mjs.map': { ...output, bytes: 1000, imports: [] },
    }
    expect(sizesOf({ outputs })).toEqual({ start: 110, lazy: 7, native: 3 })
  })
})
