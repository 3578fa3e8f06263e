import { Command } from 'commander'
import { addAuditCommands } from './audit-commands.ts'
import { addDeploymentCommands } from './deployment-commands.ts'
import { addKeyCommands } from './key-commands.ts'
import { addKeySetCommands } from './key-set-commands.ts'
import { addSecretCommands } from './secret-commands.ts'
import type { Surroundings } from './surroundings.ts'
import { addTenantCommands } from './tenant-commands.ts'
import { addUserCommands } from './user-commands.ts'
import { addWork } from './work.ts'

const codes =
  '\nExit codes: 0, it is done; 1, it could not be done, or is not as it should be; 2, the command line is wrong.'

/** The command with everything below it. Nothing is read or opened before one of them is run. */
export function buildProgram(surroundings: Surroundings): Command {
  const { stdout, stderr } = surroundings.terminal
  const program = new Command('iam')
    .description('What operators do to a deployment. Progress goes to standard error.')
    .addHelpText('after', codes)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
  addDeploymentCommands(program, surroundings)
  addTenantCommands(program.command('tenant').description('tenants'), surroundings)
  addKeyCommands(program.command('keys').description('the keys that sign access tokens'), surroundings)
  addKeySetCommands(program.command('key-set').description('the published key set'), surroundings)
  const besides = 'the secrets that rotate besides: pepper, data keys …'
  addSecretCommands(program.command('secrets').description(besides), surroundings)
  addAuditCommands(program, surroundings)
  addUserCommands(program.command('user').description('people'), surroundings)
  addWork(program, surroundings)
  return program
}
