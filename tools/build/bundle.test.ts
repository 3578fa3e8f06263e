import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from './bundle.ts'
import { forbiddenAmong, lazyCommonJs, packagesIn } from './contents.ts'
import { shippedPrograms } from './programs.ts'
import { startOnce } from './start-once.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the bundle of', () => {
  let directory: string
  beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'iam-bundle-'))))
  afterAll(() => rmSync(directory, { recursive: true }))

  it.each(shippedPrograms)(
    '$name holds nothing it must not, and starts with everything away',
    async (program) => {
      const place = join(directory, program.name)
      const metafile = await bundle(root, program, place)
      expect(forbiddenAmong(packagesIn(metafile), program.never)).toEqual([])
      expect(lazyCommonJs(metafile)).toEqual([])
      await startOnce(place, program)
    },
    180_000,
  )
})
