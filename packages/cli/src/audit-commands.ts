import { InvalidArgumentError, type Command } from 'commander'
import { auditExport, auditVerify, auditVerifyWithMac, describeVerified } from './commands/audit.ts'
import { readAuditPins, readConfig } from './config.ts'
import type { OperatorDeps } from './operator-deps.ts'

interface Json {
  readonly json?: boolean
}

/** What commands are run with. */
interface Running {
  readonly withDeps: <T>(work: (deps: OperatorDeps) => Promise<T>) => Promise<T>
  readonly print: (options: Json, result: object, lines: readonly string[]) => void
  readonly say: (line: string) => void
}

/** Adds `audit export` and `audit verify`. */
export function addAuditCommands(program: Command, running: Running): void {
  const audit = program.command('audit').description('the audit trail, and what proves it')
  addExport(audit, running)
  addVerify(audit, running)
}

function addExport(audit: Command, { withDeps, print, say }: Running): void {
  audit
    .command('export')
    .description('a tenant’s sealed events of a time, with the signed heads that prove them')
    .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
    .requiredOption('--from <time>', 'from when on, in ISO 8601', readTime)
    .requiredOption('--to <time>', 'until when, exclusive', readTime)
    .requiredOption('--out <directory>', 'where to, which is made')
    .option('--json', 'print the result as JSON')
    .action(async (options: Json & { tenant: string; from: Date; to: Date; out: string }) => {
      const { auditCold: cold } = readConfig()
      const manifest = await withDeps((deps) => auditExport(deps, { ...options, cold }, say))
      const { events, heads } = manifest
      print(options, manifest, [`Exported ${events} events and ${heads} heads to ${options.out}.`])
    })
}

function addVerify(audit: Command, { withDeps, print }: Running): void {
  audit
    .command('verify')
    .description('whether an export holds, against IAM_AUDIT_ANCHORS')
    .argument('<directory>', 'what `audit export` wrote')
    .option('--with-mac', 'check also that the service wrote each event, which takes its key')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nEnds with 1 when any of it does not hold. Without --with-mac it needs neither the database nor KMS.',
    )
    .action(async (directory: string, options: Json & { withMac?: true }) => {
      const pins = readAuditPins()
      const verified =
        options.withMac === true
          ? await withDeps((deps) => auditVerifyWithMac(deps, directory, pins))
          : await auditVerify(directory, pins)
      print(options, verified, describeVerified(verified))
      if (!verified.holds) process.exitCode = 1
    })
}

function readTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('must be a time in ISO 8601.')
  return time
}
