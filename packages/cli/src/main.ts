import { text } from 'node:stream/consumers'
import { Refusal } from '@iam/domain/kit'
import { signingAlgs, type SigningAlg } from '@iam/domain/key-set'
import { ConfigurationError } from '@iam/platform/config'
import { Command, Option } from 'commander'
import { addAuditCommands } from './audit-commands.ts'
import { bootstrap } from './commands/bootstrap.ts'
import { describeCompromise, describeKey } from './commands/describe-keys.ts'
import { describeAnchorRotation, describeChecks, describeKeySet } from './commands/describe-key-set.ts'
import { keySetRotateAnchor, type RotateAnchorOptions } from './commands/key-set-rotate-anchor.ts'
import { keySetShow } from './commands/key-set-show.ts'
import { keySetVerify } from './commands/key-set-verify.ts'
import { keysCompromise, keysList, keysRotate } from './commands/keys.ts'
import { migrate } from './commands/migrate.ts'
import { pinAlgorithm } from './commands/pin-algorithm.ts'
import { describeDestroyed, describeSecret, describeSecretRotation } from './commands/describe-secrets.ts'
import { secretsDestroy, secretsList, secretsRotate } from './commands/secrets.ts'
import { tenantCreate } from './commands/tenant-create.ts'
import { userCreate } from './commands/user-create.ts'
import { userImport } from './commands/user-import.ts'
import { readConfig, readDatabaseUrl, readPins } from './config.ts'
import { keepApart } from './keep-apart.ts'
import { openOperatorDeps, type OperatorDeps } from './operator-deps.ts'
import { addWork } from './work.ts'

const importHelp = `
Reads a JSON object a line from standard input: {"email", "hash", "emailVerified"?, "locale"?}. A hash is bcrypt,
argon2id, argon2i, PBKDF2 (SHA-256, SHA-512) or scrypt, as a PHC string, as Django writes it, or for Keycloak's
{"algorithm", "hashIterations", "salt", "value"}. Refused lines are told on standard error; the others are taken.
Safe to run again: an address that is there already is left alone.`

const program = new Command('iam').description(
  'What operators do to a deployment. Progress goes to standard error.',
)
const say = (line: string) => process.stderr.write(`${line}\n`)

program
  .command('migrate')
  .description('bring the database to the newest schema')
  .action(async () => {
    const applied = await migrate(readDatabaseUrl())
    say(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`)
  })

program
  .command('bootstrap')
  .description('prepare an empty deployment; safe to run again')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json) => {
    const done = await withDeps((deps) => bootstrap(deps, readConfig(), say))
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

const tenant = program.command('tenant').description('tenants')
tenant
  .command('create')
  .description('make a tenant')
  .requiredOption('--slug <slug>', 'its name in URLs')
  .requiredOption('--name <name>', 'its name for people')
  .option('--magic-links', 'let mailed links log its people in')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json & { slug: string; name: string; magicLinks?: true }) => {
    const made = await withDeps((deps) => tenantCreate(deps, readConfig(), options))
    print(options, made, [`Tenant ${made.slug} is ${made.id}.`])
  })

tenant
  .command('pin-algorithm')
  .description('what access tokens are signed with, for a client or an audience that can do no other')
  .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
  .addOption(
    new Option('--client <handle>', 'whose access tokens').conflicts('audience').default('first-party'),
  )
  .option('--audience <audience>', 'for whom they are, letter for letter as in `aud`')
  .addOption(
    new Option('--alg <alg>', 'the algorithm, or none for the usual one')
      .choices([...signingAlgs, 'none'])
      .makeOptionMandatory(),
  )
  .option('--json', 'print the result as JSON')
  .action(async (options: Json & PinOptions) => {
    const { tenant: slug, client, audience, alg } = options
    const of = audience === undefined ? { client } : { audience }
    const pinned = await withDeps((deps) => pinAlgorithm(deps, readConfig(), { tenant: slug, of, alg }))
    const what = audience === undefined ? `of ${client}` : `for ${audience}`
    print(options, pinned, [
      `Access tokens ${what} in ${pinned.tenant}: ${pinned.alg ?? 'the usual algorithm'}.`,
    ])
  })

const keys = program.command('keys').description('the keys that sign access tokens')
keys
  .command('list')
  .description('the keys that may still sign or verify, oldest first')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json) => {
    const listed = await withDeps(keysList)
    print(options, listed, listed.map(describeKey))
  })

keys
  .command('rotate')
  .description('let the standby sign before its turn; refused while a verifier may not know it')
  .addOption(
    new Option('--alg <alg>', 'of which algorithm; the usual one when nothing is said').choices(signingAlgs),
  )
  .option('--dry-run', 'say what would happen, and change nothing')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json & { alg?: SigningAlg; dryRun?: true }) => {
    const { kid, activateAt } = await withDeps((deps) => keysRotate(deps, readConfig(), options))
    const verb = options.dryRun === true ? 'would sign' : 'signs'
    print(options, { kid, activateAt }, [`${kid} ${verb} from ${activateAt.toISOString()} on.`])
  })

keys
  .command('compromise')
  .description('give a key up, for good: nothing takes its tokens any more, and the standby signs at once')
  .argument('<kid>', 'the key’s id, as `keys list` shows it')
  .option('--dry-run', 'say what would happen, and change nothing')
  .option('--json', 'print the result as JSON')
  .action(async (kid: string, options: Json & { dryRun?: true }) => {
    const given = await withDeps((deps) => keysCompromise(deps, readConfig(), { kid, ...options }))
    print(options, given, describeCompromise(given, options.dryRun === true))
  })

const keySet = program.command('key-set').description('the published key set')
keySet
  .command('show')
  .description('what is published now, its age, and each key with its ends and its endorsement')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json) => {
    const shown = await withDeps((deps) => keySetShow(deps, readConfig()))
    print(options, shown, describeKeySet(shown))
  })

keySet
  .command('verify')
  .description('whether a signed key set holds, against IAM_JWKS_ANCHORS and IAM_ENDORSEMENT_ANCHORS')
  .argument('<source>', 'its URL, or a file')
  .option('--json', 'print the result as JSON')
  .addHelpText('after', '\nEnds with 1 when any of it does not hold. It needs neither the database nor KMS.')
  .action(async (source: string, options: Json) => {
    const verified = await keySetVerify(source, readPins())
    print(options, verified, describeChecks(verified))
    if (!verified.holds) process.exitCode = 1
  })

keySet
  .command('rotate-anchor')
  .description('announce that the spare is to sign the key set, and which key is to be pinned beside it then')
  .requiredOption('--next-spare <version>', 'the KMS key version after it; its key is made if it is missing')
  .option('--at-once', 'without notice: what signs now is lost or in other hands')
  .option('--dry-run', 'say what would happen, and change nothing')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json & RotateAnchorOptions) => {
    const rotated = await withDeps((deps) => keySetRotateAnchor(deps, readConfig(), options))
    print(options, rotated, describeAnchorRotation(rotated, options.dryRun === true))
  })

const secrets = program.command('secrets').description('the secrets that rotate besides: pepper, data keys …')
secrets
  .command('list')
  .description('every version, when the next one is made, and what still needs the old ones')
  .option('--json', 'print the result as JSON')
  .action(async (options: Json) => {
    const listed = await withDeps((deps) => secretsList(deps, readConfig()))
    print(options, listed, listed.map(describeSecret))
  })

secrets
  .command('rotate')
  .description('make the next version before its time; nobody is logged out by it')
  .argument('<purpose>', 'the secret, as `secrets list` names it')
  .option('--dry-run', 'say what would happen, and change nothing')
  .option('--json', 'print the result as JSON')
  .action(async (purpose: string, options: Json & { dryRun?: true }) => {
    const rotated = await withDeps((deps) => secretsRotate(deps, readConfig(), { purpose, ...options }))
    print(options, rotated, [describeSecretRotation(rotated, options.dryRun === true)])
  })

secrets
  .command('destroy')
  .description(
    'destroy the old versions before their time: what they made is believed no more; refused if needed',
  )
  .argument('<purpose>', 'the secret, as `secrets list` names it')
  .option('--dry-run', 'say what would happen, and change nothing')
  .option('--json', 'print the result as JSON')
  .action(async (purpose: string, options: Json & { dryRun?: true }) => {
    const destroyed = await withDeps((deps) => secretsDestroy(deps, { purpose, ...options }))
    print(options, destroyed, [describeDestroyed(destroyed, options.dryRun === true)])
  })

addAuditCommands(program, { withDeps, print, say })

const user = program.command('user').description('people')
user
  .command('create')
  .description('make a person an account; the password is read from standard input')
  .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
  .requiredOption('--email <address>', 'the address to log in with')
  .requiredOption(
    '--password-stdin',
    'read the password from standard input, where no list of processes shows it',
  )
  .option('--json', 'print the result as JSON')
  .action(async (options: Json & { tenant: string; email: string }) => {
    const password = (await text(process.stdin)).replace(/\r?\n$/, '')
    const made = await withDeps((deps) => userCreate(deps, { ...options, password }))
    print(options, made, [
      made.id === null ? `${made.email} was there already.` : `User ${made.email} is ${made.id}.`,
    ])
  })

user
  .command('import')
  .description('bring people over from another system, with the hashes of their passwords')
  .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
  .option('--json', 'print the result as JSON')
  .addHelpText('after', importHelp)
  .action(async (options: Json & { tenant: string }) => {
    const result = await withDeps((deps) =>
      userImport(deps, { ...options, input: process.stdin }, (line, reason) =>
        say(`Line ${line} ${reason}.`),
      ),
    )
    const { imported, alreadyThere, refused } = result
    print(options, result, [`Imported ${imported}; ${alreadyThere} were there already; ${refused} refused.`])
    if (refused > 0) process.exitCode = 1
  })

addWork(program, { withDeps, print, say })

await program.parseAsync(keepApart(process.argv)).catch((error: unknown) => {
  const said = error instanceof Refusal ? error.detail : undefined
  const message = said ?? (error instanceof Error ? error.message : String(error))
  say(error instanceof ConfigurationError ? message : `iam: ${message}`)
  process.exitCode = 1
})

interface PinOptions {
  readonly tenant: string
  readonly client: string
  readonly audience?: string
  readonly alg: SigningAlg | 'none'
}

interface Json {
  readonly json?: boolean
}

async function withDeps<T>(work: (deps: OperatorDeps) => Promise<T>): Promise<T> {
  const deps = await openOperatorDeps(readConfig())
  try {
    return await work(deps)
  } finally {
    await deps.close()
  }
}

function print({ json }: Json, result: object, lines: readonly string[]): void {
  process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${lines.join('\n')}\n`)
}
