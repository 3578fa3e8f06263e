import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { prepareDatabase, startPostgres } from '@iam/local-stack/postgres'
import { migrate } from '@iam/testkit/servers'

const run = promisify(execFile)

/** The types of the database as the migrations make it, read from a throw-away one. */
export async function generateDatabaseTypes(): Promise<string> {
  const postgres = await startPostgres()
  const directory = await mkdtemp(join(tmpdir(), 'iam-types-'))
  try {
    await prepareDatabase(postgres, 'types')
    const url = postgres.urlFor('iam_owner', 'types')
    await migrate(url)
    const file = join(directory, 'types.ts')
    await run(process.execPath, [
      codegen(),
      '--dialect',
      'postgres',
      '--url',
      url,
      '--include-pattern',
      'iam.*',
      '--out-file',
      file,
    ])
    return await readFile(file, 'utf8')
  } finally {
    await rm(directory, { recursive: true, force: true })
    await postgres.stop()
  }
}

function codegen(): string {
  const manifest = createRequire(import.meta.url).resolve('kysely-codegen/package.json')
  return join(dirname(manifest), 'dist/cli/bin.js')
}
