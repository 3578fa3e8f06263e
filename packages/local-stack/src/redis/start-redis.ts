import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { debianProgram } from '../debian/index.ts'
import { giveToServerUser, serverUser } from '../machine/server-user.ts'
import { freePort } from '../ports/index.ts'
import { LocalServer } from '../processes/local-server.ts'
import { SupervisedProgram, type Surroundings } from '../processes/supervised-program.ts'
import { surroundingsOr } from '../processes/throwaway.ts'

/** How to start a Redis. Everything may be left out, which gives an empty throw-away one for a test. */
export interface StartRedis {
  port?: number
  /** Where it saves its data, made when missing; without it, they are gone with the process. */
  dir?: string
  /** Where logs go and processes are written down; a throw-away place by default. */
  surroundings?: Surroundings
}

/** A running Redis server on 127.0.0.1. */
export class RedisServer extends LocalServer {
  /** Its address for a client. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }
}

/** Starts Redis 7 or newer, as `nobody` when we are root, and waits until it takes connections. */
export async function startRedis(options: StartRedis = {}): Promise<RedisServer> {
  const { surroundings, leave } = await surroundingsOr(options.surroundings)
  const executable = await debianProgram('redis-server')
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? join(surroundings.directory, 'redis')
  mkdirSync(dir, { recursive: true })
  giveToServerUser(dir)

  const program = new SupervisedProgram(
    {
      name: 'redis',
      command: executable.path,
      args: ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, ...persistence(options)],
      env: executable.env,
      cwd: dir,
      user: serverUser(),
      ready: { line: /Ready to accept connections/ },
    },
    surroundings,
  )
  const server = new RedisServer({ program, port, leave })
  await server.start()
  return server
}

/** With a directory of its own it saves a minute after a change and when it is stopped. */
function persistence({ dir }: StartRedis): string[] {
  return ['--appendonly', 'no', '--save', dir === undefined ? '' : '60 1']
}
