import type { Command } from 'commander'
import { describeDestroyed, describeSecret, describeSecretRotation } from './commands/describe-secrets.ts'
import { secretsDestroy, secretsList, secretsRotate } from './commands/secrets.ts'
import type { DryRun, Json, Surroundings } from './surroundings.ts'
import { saysOnly, verb } from './verb.ts'

const purposeHelp = 'the secret, as `secrets list` names it'

/** Adds `secrets list`, `rotate` and `destroy`. */
export function addSecretCommands(secrets: Command, { config, withDeps, print }: Surroundings): void {
  verb(secrets, 'list', {
    does: 'every version, when the next one is made, and what still needs the old ones',
    example: 'secrets list',
  }).action(async (options: Json) => {
    const listed = await withDeps((deps) => secretsList(deps, config()))
    print(options, listed, listed.map(describeSecret))
  })
  verb(secrets, 'rotate', {
    does: 'make the next version before its time; nobody is logged out by it',
    example: 'secrets rotate pepper --dry-run',
    dryRun: saysOnly,
  })
    .argument('<purpose>', purposeHelp)
    .action(async (purpose: string, options: Json & DryRun) => {
      const rotated = await withDeps((deps) => secretsRotate(deps, config(), { purpose, ...options }))
      print(options, rotated, [describeSecretRotation(rotated, options.dryRun === true)])
    })
  verb(secrets, 'destroy', {
    does: 'destroy the old versions before their time: what they made is believed no more; refused if needed',
    example: 'secrets destroy token-tag --dry-run',
    dryRun: saysOnly,
  })
    .argument('<purpose>', purposeHelp)
    .action(async (purpose: string, options: Json & DryRun) => {
      const destroyed = await withDeps((deps) => secretsDestroy(deps, { purpose, ...options }))
      print(options, destroyed, [describeDestroyed(destroyed, options.dryRun === true)])
    })
}
