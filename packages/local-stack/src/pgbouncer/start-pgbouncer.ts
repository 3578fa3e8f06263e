import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianProgram } from '../debian/index.ts'
import { giveToServerUser, serverUser } from '../machine/server-user.ts'
import { freePort } from '../ports/index.ts'
import { LocalServer } from '../processes/local-server.ts'
import { SupervisedProgram, type Surroundings } from '../processes/supervised-program.ts'
import { surroundingsOr } from '../processes/throwaway.ts'

/** How to start a PgBouncer in front of a Postgres on 127.0.0.1 that trusts its clients, as tests' do. */
export interface StartPgbouncer {
  postgresPort: number
  poolMode: 'session' | 'transaction' | 'statement'
  /** Connections to Postgres for each pair of login and database; 5 by default, fewer than a test has clients. */
  poolSize?: number
  port?: number
  /** Where logs go and processes are written down; a throw-away place by default. */
  surroundings?: Surroundings
}

/** Who may come through: PgBouncer wants them named although nobody needs a password. */
const logins = ['iam_owner', 'iam_api', 'iam_worker', 'postgres']

/** A running PgBouncer on 127.0.0.1. */
export class PgbouncerServer extends LocalServer {
  /** The connection string of a login for a database. */
  urlFor(role: string, database: string): string {
    return `postgres://${role}@127.0.0.1:${this.port}/${database}`
  }
}

/** Starts Debian's PgBouncer, as `nobody` when we are root, and waits until it takes connections. */
export async function startPgbouncer(options: StartPgbouncer): Promise<PgbouncerServer> {
  const { surroundings, leave } = await surroundingsOr(options.surroundings)
  const executable = await debianProgram('pgbouncer')
  const port = options.port ?? (await freePort())
  const directory = join(surroundings.directory, 'pgbouncer')
  const configuration = writeConfiguration(directory, { ...options, port })

  const program = new SupervisedProgram(
    {
      name: 'pgbouncer',
      command: executable.path,
      args: [configuration],
      env: executable.env,
      cwd: directory,
      user: serverUser(),
      ready: { line: /process up/ },
      // SIGINT lets running transactions finish; SIGTERM cuts them.
      ending: { signal: 'SIGINT', withinMs: 5_000 },
    },
    surroundings,
  )
  const server = new PgbouncerServer({ program, port, leave })
  await server.start()
  return server
}

function writeConfiguration(
  directory: string,
  { postgresPort, poolMode, poolSize = 5, port }: StartPgbouncer & { port: number },
): string {
  mkdirSync(directory, { recursive: true })
  giveToServerUser(directory)
  const users = join(directory, 'users.txt')
  writeForServer(users, logins.map((login) => `"${login}" ""\n`).join(''))
  const file = join(directory, 'pgbouncer.ini')
  writeForServer(
    file,
    `[databases]
* = host=127.0.0.1 port=${postgresPort}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${poolMode}
default_pool_size = ${poolSize}
ignore_startup_parameters = extra_float_digits
`,
  )
  return file
}

function writeForServer(file: string, content: string): void {
  writeFileSync(file, content)
  giveToServerUser(file)
}
