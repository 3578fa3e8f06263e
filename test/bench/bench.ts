import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@iam/local-stack/ports'
import type { DatabaseUrls } from './agent/protocol.ts'
import { withClient } from './contenders/events.ts'
import type { Options } from './options.ts'
import { Server, type ServerPlan } from './servers/server.ts'
import { startService, type Service } from './servers/start-service.ts'

/** A server to start: on a free port and by this Node, unless the plan says otherwise. */
type StartServer = Pick<ServerPlan, 'name' | 'args' | 'env'> & Partial<Pick<ServerPlan, 'command' | 'port'>>

/** Everything that rows measure: the service, and the servers beside it, which start when a row first asks. */
export class Bench {
  readonly options: Options
  readonly service: Service
  /** A directory for logs and for files that servers read. */
  readonly directory: string
  readonly #servers = new Map<string, Promise<Server>>()
  readonly #databases = new Map<string, Promise<string>>()

  private constructor(options: Options, service: Service, directory: string) {
    this.options = options
    this.service = service
    this.directory = directory
  }

  /**
   * Starts the service and then stops its worker: what the relay costs has a row of its own, and beside the other
   * rows the emulator it publishes to, which is not shipped, would take a core.
   */
  static async start(options: Options): Promise<Bench> {
    const directory = mkdtempSync(join(tmpdir(), 'iam-bench-'))
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
    const service = await startService(say)
    const bench = new Bench(options, service, directory)
    writeFileSync(bench.stateFile, JSON.stringify(service.stack.state))
    await service.stack.program('iam-worker').stop()
    return bench
  }

  /** Where the stack is, for our profile. */
  get stateFile(): string {
    return join(this.directory, 'state.json')
  }

  /** Postgres and Redis, whose CPU counts as the backend's. */
  get backend(): number[] {
    const { postgres, redis } = this.service.stack
    return [postgres.pid ?? 0, redis.pid ?? 0]
  }

  /** A server on a free port, the same one whenever the name is the same. */
  async server(plan: StartServer): Promise<Server> {
    const known = this.#servers.get(plan.name)
    if (known !== undefined) return known
    const starting = this.#start(plan)
    this.#servers.set(plan.name, starting)
    return starting
  }

  /** Logins of the service's database, and an empty database of that name beside it. */
  async databaseUrls(peer: string): Promise<DatabaseUrls> {
    const { postgres } = this.service.stack
    return {
      api: postgres.urlFor('iam_api', 'iam'),
      worker: postgres.urlFor('iam_worker', 'iam'),
      superuser: postgres.urlFor('postgres', 'iam'),
      peer: await this.database(peer),
    }
  }

  /**
   * The administrator's connection to a database of its own, which is made when it is first asked for.
   * @param prepare fills it then, and says which connection to use instead.
   */
  async database(name: string, prepare = async (url: string) => url): Promise<string> {
    const known = this.#databases.get(name)
    if (known !== undefined) return known
    const { postgres } = this.service.stack
    const making = withClient(postgres.superuserUrl, (client) =>
      client.query(`create database ${name}`),
    ).then(() => prepare(postgres.urlFor('postgres', name)))
    this.#databases.set(name, making)
    return making
  }

  async stop(): Promise<void> {
    const servers = await Promise.allSettled(this.#servers.values())
    await Promise.all(servers.map(async (server) => server.status === 'fulfilled' && server.value.stop()))
    await this.service.stack.stop()
  }

  async #start({ env, ...given }: StartServer): Promise<Server> {
    const port = given.port ?? (await freePort())
    const plan = { command: process.execPath, ...given, env: { ...env, PORT: String(port) }, port }
    return Server.start({ ...plan, live: '/health/live' }, this.directory)
  }
}

/** The path of a file of the bench. */
export function fileOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}

/** Says on the terminal what happens; the tables alone go to standard output. */
export function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
