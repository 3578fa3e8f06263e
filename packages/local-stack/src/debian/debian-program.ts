import { accessSync, constants, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildOnce } from '../machine/build-once.ts'
import { cacheDirectory } from '../machine/cache-directory.ts'
import { machineEnvironment } from '../machine/environment.ts'
import { runCommand } from '../machine/run-command.ts'
import { fetchPackages } from './fetch-packages.ts'
import { type DebianProgramEntry, type DebianProgramName, debianPrograms } from './packages.ts'

/** A program that can be started: its path and the environment it needs beyond the usual. */
export interface Executable {
  path: string
  env: Readonly<Record<string, string>>
}

/** Where a program is looked for and kept; the defaults are the machine's. */
export interface DebianProgramOptions {
  /** The directories to search first. */
  searchPath?: readonly string[]
  /** The directory that keeps what was fetched. */
  cache?: string
}

const triplets: Partial<Record<NodeJS.Architecture, string>> = {
  arm64: 'aarch64-linux-gnu',
  x64: 'x86_64-linux-gnu',
}

/**
 * Finds a server program: a new enough one on the search path, else one fetched earlier, else Debian's,
 * unpacked into the cache without root. Refuses in one sentence when none can be had.
 */
export async function debianProgram(
  name: DebianProgramName,
  { searchPath = machineEnvironment().searchPath, cache = cacheDirectory() }: DebianProgramOptions = {},
): Promise<Executable> {
  const entry: DebianProgramEntry = debianPrograms[name]
  const installed = executable(searchPath, name)
  if (installed !== undefined && (await isGoodEnough(entry, installed))) return installed

  const directory = join(cache, 'debian', name)
  const fetched = programIn(directory, entry)
  if (await isGoodEnough(entry, fetched)) return fetched
  // It is there and does not run, as after an upgrade of the operating system: fetch it again. Absent, it is
  // left alone, because another process may finish fetching it at this moment.
  if (isExecutable(fetched.path)) rmSync(directory, { recursive: true, force: true })
  await fetchProgram(name, { directory, searchPath })
  if (!(await isGoodEnough(entry, fetched))) {
    throw new Error(
      `The ${name} that Debian has does not run here: install ${wanted(name)} and run this again.`,
    )
  }
  return fetched
}

async function fetchProgram(
  name: DebianProgramName,
  { directory, searchPath }: { directory: string; searchPath: readonly string[] },
): Promise<void> {
  try {
    await buildOnce(directory, async (scratch) => {
      await fetchPackages(debianPrograms[name].packages, { directory: scratch, searchPath })
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${wanted(name)} is not installed and could not be fetched from Debian (${reason}): check the network, or install it.`,
      { cause: error },
    )
  }
}

function programIn(directory: string, entry: DebianProgramEntry): Executable {
  const root = join(directory, 'root')
  const triplet = triplets[process.arch] ?? ''
  const usual = [join(root, 'usr/lib', triplet), join(root, 'lib', triplet)]
  const below = (entry.libraries ?? []).map((directory) => join(root, 'usr/lib', triplet, directory))
  const libraries = [...usual, ...below]
  return { path: join(root, entry.path), env: { LD_LIBRARY_PATH: libraries.join(':') } }
}

function executable(searchPath: readonly string[], name: string): Executable | undefined {
  const path = searchPath.map((directory) => join(directory, name)).find(isExecutable)
  return path === undefined ? undefined : { path, env: {} }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function isGoodEnough(entry: DebianProgramEntry, program: Executable): Promise<boolean> {
  if (!isExecutable(program.path)) return false
  const asked = await runCommand(program.path, [entry.versionArgument], { cwd: '/', env: program.env })
  const version = entry.versionPattern.exec(asked.stdout + asked.stderr)
  const [major, minor] = [Number(version?.[1] ?? -1), Number(version?.[2] ?? -1)]
  return major > entry.atLeast[0] || (major === entry.atLeast[0] && minor >= entry.atLeast[1])
}

function wanted(name: DebianProgramName): string {
  return `${name} ${debianPrograms[name].atLeast.join('.')} or newer`
}
