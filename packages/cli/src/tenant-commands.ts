import { signingAlgs, type SigningAlg } from '@iam/domain/key-set'
import { type Command, Option } from 'commander'
import {
  describeCreated,
  describeShown,
  describeSwitched,
  describeTenant,
} from './commands/describe-tenants.ts'
import { pinAlgorithm } from './commands/pin-algorithm.ts'
import { tenantCreate, type TenantToCreate } from './commands/tenant-create.ts'
import { tenantList, tenantShow, tenantSwitch } from './commands/tenants.ts'
import type { DryRun, Json, Surroundings } from './surroundings.ts'
import { saysOnly, verb } from './verb.ts'

/** Adds `tenant create`, `list`, `show`, `suspend`, `reactivate` and `pin-algorithm`. */
export function addTenantCommands(tenant: Command, surroundings: Surroundings): void {
  addCreate(tenant, surroundings)
  addReading(tenant, surroundings)
  addSwitch(tenant, surroundings, {
    name: 'suspend',
    status: 'suspended',
    does: 'shut everybody of a tenant out; nothing is ended, and reactivated all goes on',
  })
  addSwitch(tenant, surroundings, {
    name: 'reactivate',
    status: 'active',
    does: 'let a suspended tenant in again',
  })
  addPin(tenant, surroundings)
}

function addCreate(tenant: Command, { config, withDeps, print }: Surroundings): void {
  verb(tenant, 'create', {
    does: 'make a tenant, in the region of IAM_REGION; one that is there already stays as it is',
    example: 'tenant create --slug acme --name "Acme Hotels" --dry-run',
    notes: 'Nobody administers it yet: an operator invites its first owner by POST /tenants/:id/users.',
    dryRun: saysOnly,
  })
    .requiredOption('--slug <slug>', 'its name in URLs')
    .requiredOption('--name <name>', 'its name for people')
    .option('--magic-links', 'let mailed links log its people in')
    .action(async (options: Json & TenantToCreate) => {
      const made = await withDeps((deps) => tenantCreate(deps, config(), options))
      print(options, made, [describeCreated(made)])
    })
}

function addReading(tenant: Command, { withDeps, print }: Surroundings): void {
  verb(tenant, 'list', {
    does: 'every tenant with its status and region',
    example: 'tenant list --json',
  }).action(async (options: Json) => {
    const listed = await withDeps(tenantList)
    print(options, listed, listed.map(describeTenant))
  })
  verb(tenant, 'show', {
    does: 'one tenant, with what it decides otherwise than by default',
    example: 'tenant show acme',
  })
    .argument('<tenant>', 'its slug or id')
    .action(async (name: string, options: Json) => {
      const shown = await withDeps((deps) => tenantShow(deps, name))
      print(options, shown, describeShown(shown))
    })
}

function addSwitch(
  tenant: Command,
  { config, withDeps, print }: Surroundings,
  { name, status, does }: { name: string; status: 'active' | 'suspended'; does: string },
): void {
  verb(tenant, name, { does, example: `tenant ${name} acme --dry-run`, dryRun: saysOnly })
    .argument('<tenant>', 'its slug or id')
    .action(async (which: string, options: Json & DryRun) => {
      const wanted = { tenant: which, status, ...options }
      const switched = await withDeps((deps) => tenantSwitch(deps, config(), wanted))
      print(options, switched, [describeSwitched(switched, options.dryRun === true)])
    })
}

interface PinOptions {
  readonly tenant: string
  readonly client: string
  readonly audience?: string
  readonly alg: SigningAlg | 'none'
}

function addPin(tenant: Command, { config, withDeps, print }: Surroundings): void {
  verb(tenant, 'pin-algorithm', {
    does: 'what access tokens are signed with, for a client or an audience that can do no other',
    example: 'tenant pin-algorithm --tenant acme --alg RS256',
  })
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
    .action(async (options: Json & PinOptions) => {
      const { tenant: slug, client, audience, alg } = options
      const of = audience === undefined ? { client } : { audience }
      const pinned = await withDeps((deps) => pinAlgorithm(deps, config(), { tenant: slug, of, alg }))
      const what = audience === undefined ? `of ${client}` : `for ${audience}`
      print(options, pinned, [
        `Access tokens ${what} in ${pinned.tenant}: ${pinned.alg ?? 'the usual algorithm'}.`,
      ])
    })
}
