import type { Command } from 'commander'
import { describeJob, describeParked, describePutAside, describeRun } from './commands/describe-work.ts'
import { inboxInspect, inboxReplay } from './commands/inbox.ts'
import { jobsList, jobsRun } from './commands/jobs.ts'
import { outboxInspect, outboxReplay } from './commands/outbox.ts'
import { readConfig } from './config.ts'
import type { OperatorDeps } from './operator-deps.ts'

/** What the commands of `main.ts` share. */
export interface Surroundings {
  readonly withDeps: <T>(work: (deps: OperatorDeps) => Promise<T>) => Promise<T>
  readonly print: (options: Json, result: object, lines: readonly string[]) => void
  readonly say: (line: string) => void
}

interface Json {
  readonly json?: boolean
}

/** The commands about what iam-worker does: jobs, the outbox and the inbox. */
export function addWork(program: Command, surroundings: Surroundings): void {
  addJobs(program.command('jobs').description('what is done by the clock'), surroundings)
  addOutbox(program.command('outbox').description('events on their way to the broker'), surroundings)
  addInbox(program.command('inbox').description('what other services tell'), surroundings)
}

function addJobs(jobs: Command, { withDeps, print, say }: Surroundings): void {
  jobs
    .command('list')
    .description('each job with its schedule (UTC), its reason, its last run and its next')
    .option('--json', 'print the result as JSON')
    .action(async (options: Json) => {
      const listed = await withDeps(jobsList)
      print(options, listed, listed.map(describeJob))
    })
  jobs
    .command('run')
    .description('have a worker do a job now, and wait for it')
    .argument('<name>', 'the job’s name, as `jobs list` shows it')
    .option('--dry-run', 'say what it would do, where the job can tell')
    .option('--json', 'print the result as JSON')
    .action(async (name: string, options: Json & { dryRun?: true }) => {
      const run = await withDeps((deps) => jobsRun(deps, readConfig(), { name, ...options }, say))
      print(options, run, [describeRun(name, run, options.dryRun === true)])
      if (run.outcome === 'failed') process.exitCode = 1
    })
}

function addOutbox(outbox: Command, { withDeps, print, say }: Surroundings): void {
  outbox
    .command('inspect')
    .description('the streams that wait behind an event that the broker refused, with the reason')
    .option('--json', 'print the result as JSON')
    .action(async (options: Json) => {
      const parked = await withDeps(outboxInspect)
      print(options, parked, parked.length === 0 ? ['No stream waits.'] : parked.map(describeParked))
    })
  outbox
    .command('replay')
    .description('put streams back in their order, once the cause is mended')
    .argument('[stream]', 'one of them, as `outbox inspect` shows it; all without')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async (stream: string | undefined, options: Json & { dryRun?: true }) => {
      const replayed = await withDeps((deps) => outboxReplay(deps, { stream, ...options }, say))
      const verb = options.dryRun === true ? 'would be' : 'are'
      print(options, replayed, [
        `${replayed.events} events of ${replayed.streams} streams ${verb} on their way again.`,
      ])
    })
}

function addInbox(inbox: Command, { print, say }: Surroundings): void {
  inbox
    .command('inspect')
    .description('the messages that could not be taken in, with the reason')
    .option('--json', 'print the result as JSON')
    .action(async (options: Json) => {
      const aside = await inboxInspect(readConfig())
      print(options, aside, aside.length === 0 ? ['No message was put aside.'] : aside.map(describePutAside))
    })
  inbox
    .command('replay')
    .description('bring messages again, in their order, once the cause is mended')
    .argument('[id]', 'one of them, as `inbox inspect` shows it; all without')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async (id: string | undefined, options: Json & { dryRun?: true }) => {
      const done = await inboxReplay(readConfig(), { id, ...options }, say)
      const verb = options.dryRun === true ? 'would be' : 'are'
      print(options, done, [
        `${done.replayed} messages ${verb} brought again; ${done.left} stay, nobody knows where they came from.`,
      ])
    })
}
