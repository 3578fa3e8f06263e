import type { Command } from 'commander'
import { bootstrap } from './commands/bootstrap.ts'
import { migrate } from './commands/migrate.ts'
import { readDatabaseUrl } from './config.ts'
import type { Json, Surroundings } from './surroundings.ts'
import { verb } from './verb.ts'

/** Adds `migrate` and `bootstrap`. */
export function addDeploymentCommands(
  program: Command,
  { terminal, config, withDeps, print, say }: Surroundings,
): void {
  const about = { does: 'bring the database to the newest schema; safe to run again', example: 'migrate' }
  verb(program, 'migrate', about).action(async (options: Json) => {
    const applied = await migrate(readDatabaseUrl(terminal.env))
    print(options, { applied }, [
      applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`,
    ])
  })
  verb(program, 'bootstrap', {
    does: 'prepare an empty deployment; safe to run again',
    example: 'bootstrap --json',
    notes: 'Prints the anchors to be pinned, and once the password of the first operator.',
  }).action(async (options: Json) => {
    const done = await withDeps((deps) => bootstrap(deps, config(), say))
    const { anchors, operator } = done
    print(options, done, [
      `IAM_JWKS_ANCHORS=${anchors.jwks}`,
      `IAM_ENDORSEMENT_ANCHORS=${anchors.endorsement}`,
      `IAM_AUDIT_ANCHORS=${anchors.audit}`,
      operator.password === undefined
        ? `Operator ${operator.email} was there already.`
        : `Operator ${operator.email} with password ${operator.password} (shown this once)`,
    ])
  })
}
