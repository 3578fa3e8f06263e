import { type Command, Option } from 'commander'

/** What a command says of itself. */
export interface About {
  /** What it does, in a few words. */
  readonly does: string
  /** How it is used, without `iam` before it. */
  readonly example: string
  /** What else is to be known before it is used. */
  readonly notes?: string
  /** When it ends with 1. */
  readonly fails?: string
  /** Where it can be tried: what `--dry-run` does. */
  readonly dryRun?: string
}

const usually = 'it could not be done, which a sentence on standard error explains'

/** Adds a command that prints one result, as JSON where it is asked for, and says by its exit code how it went. */
export function verb(parent: Command, name: string, about: About): Command {
  const { does, example, notes, fails, dryRun } = about
  const ends = fails === undefined ? usually : `${usually}, or ${fails}`
  const command = parent
    .command(name)
    .description(does)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', notes === undefined ? '' : `\n${notes}`)
    .addHelpText(
      'after',
      `\nExample:\n  iam ${example}\n\nExit code: 0, it is done; 1, ${ends}; 2, the command line is wrong.`,
    )
  return dryRun === undefined ? command : command.addOption(new Option('--dry-run', dryRun))
}

/** What most dry runs do. */
export const saysOnly = 'say what would happen, and change nothing'
