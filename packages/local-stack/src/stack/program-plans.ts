import { join } from 'node:path'
import type { ProgramPlan } from '../processes/supervised-program.ts'
import {
  type Anchors,
  type Endpoints,
  type Environment,
  apiEnvironment,
  jwksEnvironment,
  machineVariables,
  workerEnvironment,
} from './environment.ts'
import type { ProgramPaths } from './program-paths.ts'
import type { StackPorts } from './stack-ports.ts'

/** Every program of the stack, by the name that logs, state and tests know it by. */
export type ProgramName =
  | 'postgres'
  | 'redis'
  | 'google'
  | 'storage'
  | 'mail'
  | 'iam-worker'
  | 'iam-jwks'
  | 'iam-api'
  | 'edge'

/** What the plans are made from. */
export interface Planning {
  paths: ProgramPaths
  ports: StackPorts
  /** The directory in which each program may have its own for data. */
  directory: string
  /** How many times its points every limit on requests has. */
  limits: string
}

/** What stands in for Google and for the world: it needs nothing else to be up. */
export function standInPlans({ paths, ports, directory }: Planning): ProgramPlan[] {
  const google = ['--port', String(ports.google), '--state-dir', join(directory, 'google')]
  const storage = ['--port', String(ports.storage), '--dir', join(directory, 'storage')]
  const mail = ['--smtp-port', String(ports.smtp), '--http-port', String(ports.mail)]
  return [
    nodeProgram('google', [paths.google, ...google]),
    nodeProgram('storage', [paths.storage, ...storage]),
    nodeProgram('mail', [paths.mail, ...mail]),
  ]
}

/** Our three processes and the edge in front of them; they may be started in any order. */
export function processPlans(
  { paths, ports, limits }: Planning,
  endpoints: Endpoints,
  anchors: Anchors,
): ProgramPlan[] {
  const edge = ['--port', String(ports.edge), '--api', String(ports.api), '--jwks', String(ports.jwks)]
  return [
    processOfOurs('iam-worker', paths.worker, ports.worker, workerEnvironment(endpoints)),
    processOfOurs('iam-jwks', paths.jwks, ports.jwks, jwksEnvironment(endpoints, anchors)),
    processOfOurs('iam-api', paths.api, ports.api, apiEnvironment(endpoints, anchors, limits)),
    nodeProgram('edge', [paths.edge, ...edge]),
  ]
}

function processOfOurs(name: ProgramName, path: string, port: number, env: Environment): ProgramPlan {
  return { ...nodeProgram(name, [path]), env, ready: { url: `http://127.0.0.1:${port}/health/ready` } }
}

/** One of our own files, run by the Node that runs us; it prints a line of JSON when it is ready. */
function nodeProgram(name: ProgramName, args: readonly string[]): ProgramPlan {
  return {
    name,
    command: process.execPath,
    args,
    env: machineVariables(),
    cwd: '/',
    ready: { line: /"ready":\s*true/ },
  }
}
