import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import type { AuditExport, ExportManifest, ExportSink } from '@iam/domain/audit-seal'

const names = { manifest: 'manifest.json', events: 'events.ndjson', heads: 'heads.ndjson' } as const

/** The files of an export while they are written. */
export interface ExportFiles extends ExportSink {
  /** Ends the files, and writes the manifest last: without one there is no export. */
  finish(manifest: ExportManifest): Promise<void>
}

/** Begins an export in a directory that is not there yet. */
export async function beginExport(directory: string): Promise<ExportFiles> {
  await mkdir(directory)
  const [events, heads] = [names.events, names.heads].map((name) =>
    createWriteStream(join(directory, name), { flags: 'wx', mode: 0o600 }),
  )
  if (events === undefined || heads === undefined) throw new Error('There are no files.')
  const write = async (file: typeof events, line: object): Promise<void> => {
    if (!file.write(`${JSON.stringify(line)}\n`)) await once(file, 'drain')
  }
  return {
    event: (event) => write(events, event),
    head: (head) => write(heads, head),
    finish: async (manifest) => {
      for (const file of [events, heads]) {
        file.end()
        await once(file, 'close')
      }
      await writeFile(join(directory, names.manifest), `${JSON.stringify(manifest, null, 2)}\n`, {
        flag: 'wx',
      })
    },
  }
}

/** Reads an export. @throws when a file is missing, or a line is no JSON. */
export async function readExport(directory: string): Promise<AuditExport> {
  const manifest = await readFile(join(directory, names.manifest), 'utf8')
  return {
    manifest: JSON.parse(manifest) as ExportManifest,
    events: await readLines(join(directory, names.events)),
    heads: await readLines(join(directory, names.heads)),
  }
}

async function readLines<T>(path: string): Promise<T[]> {
  const lines: T[] = []
  for await (const line of createInterface({ input: createReadStream(path) }))
    lines.push(JSON.parse(line) as T)
  return lines
}
