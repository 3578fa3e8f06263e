import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from '../machine/checkout.ts'
import { type PostgresServer, prepareDatabase, startPostgres } from '../postgres/index.ts'
import { ProgramGroup, allSettled } from '../processes/program-group.ts'
import type { Program, ProgramPlan, Surroundings } from '../processes/supervised-program.ts'
import { surroundingsOr } from '../processes/throwaway.ts'
import { type RedisServer, startRedis } from '../redis/index.ts'
import {
  bucket,
  coldBucket,
  exportBucket,
  cliEnvironment,
  type Endpoints,
  type Environment,
  storeUrl,
  operatorVariables,
} from './environment.ts'
import { makeBucket } from './make-bucket.ts'
import { type OperatorCommand, bootstrap, makeDemoTenant, makeDemoUser, migrate } from './operator-command.ts'
import { type ProgramPaths, programPaths } from './program-paths.ts'
import { type Planning, type ProgramName, processPlans, standInPlans } from './program-plans.ts'
import { type SetUp, finishSetUp, openSetUp, saveSetUp } from './set-up.ts'
import { type StackPorts, freePorts } from './stack-ports.ts'
import { type StackState, stackState } from './state.ts'

/** How to start a stack. Everything may be left out, which gives a throw-away one on free ports for a test. */
export interface StackOptions {
  /** Where data and logs are and processes are written down; a throw-away place by default. */
  surroundings?: Surroundings
  /** Free ones by default. */
  ports?: StackPorts
  /** Whether Postgres survives a power failure; see `startPostgres`. */
  durable?: boolean
  /**
   * How many times its points every limit on requests has: 1 is as in production. By default many: a test or a
   * benchmark is one network, often one person, and does in seconds what people do in days.
   */
  limits?: string
  /** Other files to start programs from than this checkout's. */
  programs?: Partial<ProgramPaths>
  /**
   * Changes the environment of one of our processes before it is started, for example to put a breaking proxy
   * between it and a dependency. The operator command, which prepares the stack, is `operator`.
   */
  adjust?: (program: string, environment: Environment) => Environment | Promise<Environment>
  /** Is told in a sentence what happens. */
  onProgress?: (sentence: string) => void
}

interface StackParts extends Endpoints {
  group: ProgramGroup
  setUp: SetUp
}

/** A running stack. */
export class Stack {
  readonly postgres: PostgresServer
  readonly redis: RedisServer
  readonly ports: StackPorts
  readonly #parts: StackParts
  readonly #surroundings: Surroundings
  readonly #leave: () => void

  /** Use `startStack`. */
  constructor(parts: StackParts, surroundings: Surroundings, leave: () => void) {
    this.postgres = parts.postgres
    this.redis = parts.redis
    this.ports = parts.ports
    this.#parts = parts
    this.#surroundings = surroundings
    this.#leave = leave
  }

  /** Where everything is now; process numbers change when programs are restarted. */
  get state(): StackState {
    return stackState({ ...this.#parts, pids: this.#parts.group.pids() })
  }

  /** What the operator command must be told to work on this stack. */
  get operatorVariables(): Environment {
    return operatorVariables(this.#parts)
  }

  /** A handle on one program, to kill, stop, start or restart it. */
  program(name: ProgramName): Program {
    return this.#parts.group.get(name)
  }

  /** Stops everything, the last started first; throw-away data are then deleted. */
  async stop(): Promise<void> {
    await this.#surroundings.journal.endAll()
    this.#leave()
  }

  /** Lets our own process end while the stack goes on. */
  release(): void {
    this.#parts.group.release()
  }
}

/**
 * Starts everything real on this machine and waits until all of it is ready: Postgres, Redis, the stand-ins for
 * Google and for mail, the three processes and the edge, with a demo tenant. When one part fails, the
 * rest is stopped and the failure thrown.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { surroundings, leave } = await surroundingsOr(options.surroundings)
  try {
    return new Stack(await startParts(options, surroundings), surroundings, leave)
  } catch (error) {
    await surroundings.journal.endAll()
    throw error
  }
}

async function startParts(options: StackOptions, surroundings: Surroundings): Promise<StackParts> {
  const { onProgress = () => {} } = options
  const { directory } = surroundings
  const { setUp, remark } = openSetUp(directory)
  if (remark !== undefined) onProgress(remark)
  const group = new ProgramGroup(surroundings)
  const paths = { ...programPaths(checkout), ...options.programs }
  const { limits = '10000' } = options
  const planning: Planning = { paths, ports: options.ports ?? (await freePorts()), directory, limits }

  onProgress('Starting Postgres, Redis and the stand-ins for Google, its storage and mail…')
  const endpoints = await startFoundations(group, planning, { ...options, surroundings, setUp })

  onProgress('Preparing the database and the keys…')
  const env = cliEnvironment(endpoints)
  const command = { path: paths.cli, env: (await options.adjust?.('operator', env)) ?? env }
  await Promise.all([
    prepareDatabase(endpoints.postgres, 'iam'),
    makeBucket(storeUrl(planning.ports), bucket),
    makeBucket(storeUrl(planning.ports), coldBucket),
    makeBucket(storeUrl(planning.ports), exportBucket),
  ])
  await migrate(command)
  const { anchors, operator } = await bootstrap(command)
  if (operator !== undefined) saveSetUp(directory, Object.assign(setUp, { operator }))

  onProgress('Starting iam-worker, iam-jwks, iam-api and the edge…')
  const plans = processPlans(planning, endpoints, anchors)
  await group.start(...(await Promise.all(plans.map((plan) => adjusted(plan, options)))))

  if (!setUp.finished) {
    onProgress('Making the demo tenant…')
    await makeDemo(command, setUp)
    finishSetUp(directory, setUp)
  }
  return { ...endpoints, group, setUp }
}

async function startFoundations(
  group: ProgramGroup,
  planning: Planning,
  { surroundings, setUp, durable = false }: { surroundings: Surroundings; setUp: SetUp; durable?: boolean },
): Promise<Endpoints> {
  const { ports, directory } = planning
  for (const name of ['google', 'storage']) mkdirSync(join(directory, name), { recursive: true })
  const postgresOptions = { port: ports.postgres, passwords: setUp.databasePasswords, durable, surroundings }
  const startingPostgres = startPostgres(postgresOptions)
  const startingRedis = startRedis({ port: ports.redis, dir: join(directory, 'redis'), surroundings })
  await allSettled([
    startingPostgres.then((server) => group.add(server)),
    startingRedis.then((server) => group.add(server)),
    group.start(...standInPlans(planning)),
  ])
  return { ports, postgres: await startingPostgres, redis: await startingRedis }
}

async function adjusted(plan: ProgramPlan, { adjust }: StackOptions): Promise<ProgramPlan> {
  return adjust === undefined ? plan : { ...plan, env: await adjust(plan.name, plan.env) }
}

async function makeDemo(command: OperatorCommand, setUp: SetUp): Promise<void> {
  setUp.tenant = await makeDemoTenant(command)
  setUp.user = await makeDemoUser(command, randomBytes(12).toString('base64url'))
}
