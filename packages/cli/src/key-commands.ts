import { signingAlgs, type SigningAlg } from '@iam/domain/key-set'
import { type Command, Option } from 'commander'
import { describeCompromise, describeKey } from './commands/describe-keys.ts'
import { keysCompromise, keysList, keysRotate } from './commands/keys.ts'
import type { DryRun, Json, Surroundings } from './surroundings.ts'
import { saysOnly, verb } from './verb.ts'

/** Adds `keys list`, `rotate` and `compromise`. */
export function addKeyCommands(keys: Command, { config, withDeps, print }: Surroundings): void {
  verb(keys, 'list', {
    does: 'the keys that may still sign or verify, oldest first',
    example: 'keys list --json',
  }).action(async (options: Json) => {
    const listed = await withDeps(keysList)
    print(options, listed, listed.map(describeKey))
  })
  verb(keys, 'rotate', {
    does: 'let the standby sign before its turn; refused while a verifier may not know it',
    example: 'keys rotate --dry-run',
    dryRun: saysOnly,
  })
    .addOption(
      new Option('--alg <alg>', 'of which algorithm; the usual one when nothing is said').choices(
        signingAlgs,
      ),
    )
    .action(async (options: Json & DryRun & { alg?: SigningAlg }) => {
      const { kid, activateAt } = await withDeps((deps) => keysRotate(deps, config(), options))
      const does = options.dryRun === true ? 'would sign' : 'signs'
      print(options, { kid, activateAt }, [`${kid} ${does} from ${activateAt.toISOString()} on.`])
    })
  verb(keys, 'compromise', {
    does: 'give a key up, for good: nothing takes its tokens any more, and the standby signs at once',
    example: 'keys compromise Zk1…x0Q --dry-run',
    dryRun: saysOnly,
  })
    .argument('<kid>', 'the key’s id, as `keys list` shows it')
    .action(async (kid: string, options: Json & DryRun) => {
      const given = await withDeps((deps) => keysCompromise(deps, config(), { kid, ...options }))
      print(options, given, describeCompromise(given, options.dryRun === true))
    })
}
