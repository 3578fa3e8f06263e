import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The folders that hold the project's own code. */
export const sourceFolders = ['apps', 'packages', 'migrations', 'test', 'tools']

const notOurs = new Set(['node_modules', 'dist', 'coverage'])

/** Every file under the source folders, as paths from the root; what is installed or built is left out. */
export async function sourceFiles(root: string): Promise<string[]> {
  const found = await Promise.all(sourceFolders.map((folder) => filesUnder(root, folder)))
  return found.flat()
}

async function filesUnder(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(absent)
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`
      if (!entry.isDirectory()) return [path]
      return notOurs.has(entry.name) || entry.name.startsWith('.') ? [] : filesUnder(root, path)
    }),
  )
  return found.flat()
}

function absent(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
