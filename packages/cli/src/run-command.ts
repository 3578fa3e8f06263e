import { Refusal } from '@iam/domain/kit'
import { ConfigurationError } from '@iam/platform/config'
import { CommanderError } from 'commander'
import { buildProgram } from './build-program.ts'
import { keepApart } from './keep-apart.ts'
import { surroundingsOf, type Terminal } from './surroundings.ts'

/** Of a command line that is wrong. */
const misused = 2

/**
 * Runs one command line. What comes of it is on standard output, progress and faults on standard error.
 * @param args without the program's name. @returns the exit code: 0 done, 1 not done, 2 the command line is wrong.
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0
  const surroundings = surroundingsOf(terminal, () => {
    code = 1
  })
  try {
    await buildProgram(surroundings).parseAsync(keepApart(args), { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused
    surroundings.progress.end()
    surroundings.say(explain(error))
    return 1
  }
}

/** One sentence, on one line. */
function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message
  const said = error instanceof Refusal ? error.detail : undefined
  return `iam: ${(said ?? messageOf(error)).replace(/\s*\n\s*/g, ' ')}`
}

/** Of several tries, as Node connects to each address of a name, the last one tells. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return messageOf(error.errors.at(-1))
  return error instanceof Error ? error.message : String(error)
}
