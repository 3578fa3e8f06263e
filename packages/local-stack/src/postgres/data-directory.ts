import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { buildOnce } from '../machine/build-once.ts'
import { cacheDirectory } from '../machine/cache-directory.ts'
import { machineEnvironment } from '../machine/environment.ts'
import { runCommand } from '../machine/run-command.ts'
import { giveToServerUser, serverUser } from '../machine/server-user.ts'
import { poll } from '../processes/poll.ts'
import type { PostgresBinaries } from './binaries.ts'

/** The name of Postgres' administrator in every data directory made here. */
export const superuser = 'postgres'

/** What a new data directory is made with. */
export interface NewDataDirectory {
  binaries: PostgresBinaries
  /** The administrator's password; without one nobody needs a password. */
  password: string | undefined
  durable: boolean
}

/**
 * Makes a data directory unless there is one. It is made beside its place and then moved there, so an interrupted
 * run leaves none rather than half of one.
 */
export async function ensureDataDirectory(directory: string, made: NewDataDirectory): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) return
  const scratch = join(dirname(directory), `${basename(directory)}.new`)
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true })
  giveToServerUser(scratch)
  if (made.password === undefined && !made.durable) await copyTemplate(scratch, made)
  else await initialise(scratch, made)
  rmSync(directory, { recursive: true, force: true })
  renameSync(join(scratch, 'data'), directory)
  rmSync(scratch, { recursive: true })
}

/** Throw-away directories are all alike, and copying one takes a fifth of the time of making one. */
async function copyTemplate(scratch: string, made: NewDataDirectory): Promise<void> {
  const template = join(cacheDirectory(), `postgres-data-${made.binaries.version}`)
  await buildOnce(template, async (unfinished) => {
    giveToServerUser(unfinished)
    await initialise(unfinished, made)
  })
  const target = join(scratch, 'data')
  const options = { cwd: scratch, env: machineEnvironment().inherited, user: serverUser() }
  const copied = await runCommand('cp', ['-r', join(template, 'data'), target], options)
  if (copied.code !== 0) throw new Error(`A data directory could not be copied: ${copied.stderr.trim()}`)
  chmodSync(target, 0o700) // Postgres insists, and the cache is readable to all
}

async function initialise(scratch: string, { binaries, password, durable }: NewDataDirectory): Promise<void> {
  const args = ['-D', join(scratch, 'data'), '-U', superuser, '-E', 'UTF8', '--locale=C', '--no-instructions']
  if (!durable) args.push('--no-sync')
  args.push(...authentication(scratch, password))
  const result = await runCommand(join(binaries.directory, 'initdb'), args, {
    cwd: scratch,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    user: serverUser(),
  })
  if (result.code !== 0) throw new Error(`initdb could not make ${scratch}: ${result.stderr.trim()}`)
}

/** initdb takes the password from a file only: an argument would show in the list of processes. */
function authentication(scratch: string, password: string | undefined): string[] {
  if (password === undefined) return ['--auth=trust']
  const file = join(scratch, 'password')
  writeFileSync(file, password, { mode: 0o600 })
  giveToServerUser(file)
  return ['--auth=scram-sha-256', `--pwfile=${file}`]
}

/**
 * Makes room for a server where one was killed. Postgres tells a stale lock by its process number, which some
 * other process may have by now; removing the lock, though, is only safe once the killed server's own
 * children, who still write to the directory, are gone. Refuses while a server really runs there.
 */
export async function clearStaleLock(directory: string): Promise<void> {
  const lock = join(directory, 'postmaster.pid')
  if (!existsSync(lock)) return
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0])
  const place = realpathSync(directory)
  if (worksIn(pid) === place) throw new Error(`Postgres already runs on ${directory}, as process ${pid}.`)
  const left = await poll(() => (someoneWorksIn(place) ? undefined : true), { withinMs: 10_000, everyMs: 20 })
  if (!left)
    throw new Error(`Processes of a Postgres that was killed still use ${directory}: end them and try again.`)
  rmSync(lock)
}

function someoneWorksIn(place: string): boolean {
  return readdirSync('/proc').some((entry) => worksIn(Number(entry)) === place)
}

/** The directory a process works in, which for Postgres is its data directory; undefined when it cannot be known. */
function worksIn(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}
