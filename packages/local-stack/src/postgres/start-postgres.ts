import { join } from 'node:path'
import { serverUser } from '../machine/server-user.ts'
import { freePort } from '../ports/index.ts'
import { LocalServer, type LocalServerParts } from '../processes/local-server.ts'
import { SupervisedProgram, type ProgramPlan, type Surroundings } from '../processes/supervised-program.ts'
import { surroundingsOr } from '../processes/throwaway.ts'
import { type PostgresBinaries, postgresBinaries } from './binaries.ts'
import { clearStaleLock, ensureDataDirectory, superuser } from './data-directory.ts'

/** Who may log in: the three of migrations/roles.sql and the administrator. */
export type LoginName = 'iam_owner' | 'iam_api' | 'iam_worker' | 'postgres'

/** How to start a Postgres. Everything may be left out, which gives an empty throw-away one for a test. */
export interface StartPostgres {
  /** Where its data is, made when missing; without it, a throw-away directory that goes with `stop`. */
  dataDir?: string
  port?: number
  /**
   * Survive a power failure, and lose no acknowledged commit when killed. Otherwise it is quicker and, killed
   * with SIGKILL, may forget the last fraction of a second.
   */
  durable?: boolean
  /** One for each login; without them nobody needs a password. Fixed when the data directory is made. */
  passwords?: Readonly<Record<LoginName, string>>
  /** Further settings of postgresql.conf, by name. */
  settings?: Readonly<Record<string, string>>
  /** Where logs go and processes are written down; a throw-away place by default. */
  surroundings?: Surroundings
}

const fastAndLoose = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** SIGINT is Postgres' fast shutdown: it ends sessions in order. SIGTERM would wait for them to leave. */
const fastShutdown = { signal: 'SIGINT', withinMs: 10_000 } as const

/** A running Postgres server on 127.0.0.1. `start` after `kill` finds the data as a crash leaves them. */
export class PostgresServer extends LocalServer {
  readonly passwords: StartPostgres['passwords']
  readonly #dataDir: string

  /** Use `startPostgres`. */
  constructor(parts: LocalServerParts, dataDir: string, passwords: StartPostgres['passwords']) {
    super(parts)
    this.#dataDir = dataDir
    this.passwords = passwords
  }

  /** The administrator's connection to the maintenance database. */
  get superuserUrl(): string {
    return this.urlFor(superuser, 'postgres')
  }

  /** The connection string of a login for a database. */
  urlFor(role: LoginName, database: string): string {
    const password = this.passwords === undefined ? '' : `:${this.passwords[role]}`
    return `postgres://${role}${password}@127.0.0.1:${this.port}/${database}`
  }

  override async start(): Promise<void> {
    await clearStaleLock(this.#dataDir)
    await super.start()
  }
}

/** Starts Postgres 15 from npm's binaries, as `nobody` when we are root, and waits until it takes connections. */
export async function startPostgres(options: StartPostgres = {}): Promise<PostgresServer> {
  const { surroundings, leave } = await surroundingsOr(options.surroundings)
  const { durable = false, passwords } = options
  const dataDir = options.dataDir ?? join(surroundings.directory, 'postgres')
  const port = options.port ?? (await freePort())
  const binaries = await postgresBinaries()
  await ensureDataDirectory(dataDir, { binaries, password: passwords?.postgres, durable })
  const program = new SupervisedProgram(postgresPlan({ binaries, dataDir, port }, options), surroundings)
  const server = new PostgresServer({ program, port, leave }, dataDir, passwords)
  await server.start()
  return server
}

function postgresPlan(
  { binaries, dataDir, port }: { binaries: PostgresBinaries; dataDir: string; port: number },
  { durable = false, settings }: StartPostgres,
): ProgramPlan {
  const configuration: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // The path of a socket is limited to about 100 characters, which a data directory easily exceeds.
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : fastAndLoose),
    ...settings,
  }
  return {
    name: 'postgres',
    command: join(binaries.directory, 'postgres'),
    args: [
      '-D',
      dataDir,
      ...Object.entries(configuration).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: dataDir,
    user: serverUser(),
    ready: { line: /database system is ready to accept connections/ },
    ending: fastShutdown,
  }
}
