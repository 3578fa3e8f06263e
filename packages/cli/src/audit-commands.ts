import { InvalidArgumentError, type Command } from 'commander'
import { auditExport, auditVerify, auditVerifyWithMac, describeVerified } from './commands/audit.ts'
import { readAuditPins } from './config.ts'
import type { Json, Surroundings } from './surroundings.ts'
import { verb } from './verb.ts'

/** Adds `audit export` and `audit verify`. */
export function addAuditCommands(program: Command, running: Surroundings): void {
  const audit = program.command('audit').description('the audit trail, and what proves it')
  addExport(audit, running)
  addVerify(audit, running)
}

function addExport(audit: Command, { config, withDeps, print, progress }: Surroundings): void {
  verb(audit, 'export', {
    does: 'a tenant’s sealed events of a time, with the signed heads that prove them',
    example: 'audit export --tenant acme --from 2026-11-01 --to 2026-12-01 --out november',
  })
    .requiredOption('--tenant <slug>', 'the tenant’s slug or id')
    .requiredOption('--from <time>', 'from when on, in ISO 8601', readTime)
    .requiredOption('--to <time>', 'until when, exclusive', readTime)
    .requiredOption('--out <directory>', 'where to, which is made')
    .action(async (options: Json & { tenant: string; from: Date; to: Date; out: string }) => {
      const { auditCold: cold } = config()
      const manifest = await withDeps((deps) => auditExport(deps, { ...options, cold }, progress))
      const { events, heads } = manifest
      print(options, manifest, [`Exported ${events} events and ${heads} heads to ${options.out}.`])
    })
}

function addVerify(audit: Command, { terminal, withDeps, print, fail }: Surroundings): void {
  verb(audit, 'verify', {
    does: 'whether an export holds, against IAM_AUDIT_ANCHORS',
    example: 'audit verify november',
    notes: 'Without --with-mac it needs neither the database nor KMS.',
    fails: 'any of it does not hold',
  })
    .argument('<directory>', 'what `audit export` wrote')
    .option('--with-mac', 'check also that the service wrote each event, which takes its key')
    .action(async (directory: string, options: Json & { withMac?: true }) => {
      const pins = readAuditPins(terminal.env)
      const verified =
        options.withMac === true
          ? await withDeps((deps) => auditVerifyWithMac(deps, directory, pins))
          : await auditVerify(directory, pins)
      print(options, verified, describeVerified(verified))
      if (!verified.holds) fail()
    })
}

function readTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('must be a time in ISO 8601.')
  return time
}
