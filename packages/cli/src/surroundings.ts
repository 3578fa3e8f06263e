import type { Readable, Writable } from 'node:stream'
import { readConfig, type Config } from './config.ts'
import { openOperatorDeps, type OperatorDeps } from './operator-deps.ts'
import { openProgress, type Progress } from './progress.ts'

/** What the command is run in. */
export interface Terminal {
  /** This process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  readonly stdout: Writable
  /** Progress and faults; `isTTY` where somebody is looking. */
  readonly stderr: Writable & { readonly isTTY?: boolean }
}

export interface Json {
  readonly json?: boolean
}

export interface DryRun {
  readonly dryRun?: true
}

/** What commands share. */
export interface Surroundings {
  readonly terminal: Terminal
  /** @throws ConfigurationError. */
  readonly config: () => Config
  readonly withDeps: <T>(work: (deps: OperatorDeps) => Promise<T>) => Promise<T>
  /** The one result: JSON where it is asked for, otherwise lines for people. */
  readonly print: (options: Json, result: object, lines: readonly string[]) => void
  /** A line of progress. */
  readonly say: (line: string) => void
  readonly progress: Progress
  /** It was done as far as possible, and is not as it should be: ends with 1. */
  readonly fail: () => void
}

/** @param fail hears that the command is to end with 1. */
export function surroundingsOf(terminal: Terminal, fail: () => void): Surroundings {
  const { env, stdout, stderr } = terminal
  const progress = openProgress(stderr)
  const config = () => readConfig(env)
  return {
    terminal,
    config,
    withDeps: async (work) => {
      const deps = await openOperatorDeps(config())
      try {
        return await work(deps)
      } finally {
        progress.end()
        await deps.close()
      }
    },
    print: ({ json }, result, lines) =>
      void stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${lines.join('\n')}\n`),
    say: (line) => progress.say(line),
    progress,
    fail,
  }
}
