import type { Command } from 'commander'
import {
  describeAnchorRotation,
  describeCancelledAnchor,
  describeChecks,
  describeKeySet,
} from './commands/describe-key-set.ts'
import {
  keySetCancelAnchor,
  keySetRotateAnchor,
  type RotateAnchorOptions,
} from './commands/key-set-rotate-anchor.ts'
import { keySetShow } from './commands/key-set-show.ts'
import { keySetVerify } from './commands/key-set-verify.ts'
import { readPins } from './config.ts'
import type { Json, Surroundings } from './surroundings.ts'
import { saysOnly, verb } from './verb.ts'

/** Adds `key-set show`, `verify`, `rotate-anchor` and `cancel-anchor`. */
export function addKeySetCommands(
  keySet: Command,
  { terminal, config, withDeps, print, fail }: Surroundings,
): void {
  verb(keySet, 'show', {
    does: 'what is published now, its age, and each key with its ends and its endorsement',
    example: 'key-set show',
  }).action(async (options: Json) => {
    const shown = await withDeps((deps) => keySetShow(deps, config()))
    print(options, shown, describeKeySet(shown))
  })
  verb(keySet, 'verify', {
    does: 'whether a signed key set holds, against IAM_JWKS_ANCHORS and IAM_ENDORSEMENT_ANCHORS',
    example: 'key-set verify https://id.example.com/.well-known/jwks.jwt',
    notes: 'It needs neither the database nor KMS.',
    fails: 'any of it does not hold',
  })
    .argument('<source>', 'its URL, or a file')
    .action(async (source: string, options: Json) => {
      const verified = await keySetVerify(source, readPins(terminal.env))
      print(options, verified, describeChecks(verified))
      if (!verified.holds) fail()
    })
  verb(keySet, 'rotate-anchor', {
    does: 'announce that the spare is to sign the key set, and which key is to be pinned beside it then',
    example:
      'key-set rotate-anchor --next-spare projects/p/locations/l/keyRings/r/cryptoKeys/publish-3/cryptoKeyVersions/1 --dry-run',
    dryRun: 'say what would happen, and change nothing but that the key after it is made in KMS, to be named',
  })
    .requiredOption(
      '--next-spare <version>',
      'the KMS key version after it; its key is made if it is missing',
    )
    .option('--at-once', 'without notice: what signs now is lost or in other hands')
    .action(async (options: Json & RotateAnchorOptions) => {
      const rotated = await withDeps((deps) => keySetRotateAnchor(deps, config(), options))
      print(options, rotated, describeAnchorRotation(rotated, options.dryRun === true))
    })
  verb(keySet, 'cancel-anchor', {
    does: 'take back, before its time, that another anchor is to sign the key set',
    example: 'key-set cancel-anchor --dry-run',
    dryRun: saysOnly,
  }).action(async (options: Json & { readonly dryRun?: true }) => {
    const taken = await withDeps((deps) => keySetCancelAnchor(deps, options))
    print(options, taken, describeCancelledAnchor(taken, options.dryRun === true))
  })
}
