import type { Command } from 'commander'
import { describeJob, describeParked, describePutAside, describeRun } from './commands/describe-work.ts'
import { inboxInspect, inboxReplay } from './commands/inbox.ts'
import { jobsList, jobsRun } from './commands/jobs.ts'
import { outboxInspect, outboxReplay } from './commands/outbox.ts'
import type { DryRun, Json, Surroundings } from './surroundings.ts'
import { saysOnly, verb } from './verb.ts'

/** The commands about what iam-worker does: jobs, the outbox and the inbox. */
export function addWork(program: Command, surroundings: Surroundings): void {
  addJobs(program.command('jobs').description('what is done by the clock'), surroundings)
  addOutbox(program.command('outbox').description('events on their way to the broker'), surroundings)
  addInbox(program.command('inbox').description('what other services tell'), surroundings)
}

function addJobs(jobs: Command, { config, withDeps, print, say, fail }: Surroundings): void {
  verb(jobs, 'list', {
    does: 'each job with its schedule (UTC), its reason, its last run and its next',
    example: 'jobs list',
  }).action(async (options: Json) => {
    const listed = await withDeps(jobsList)
    print(options, listed, listed.map(describeJob))
  })
  verb(jobs, 'run', {
    does: 'have a worker do a job now, and wait for it',
    example: 'jobs run tidy-sessions --dry-run',
    fails: 'the job failed',
    dryRun: 'say what it would do, where the job can tell; that it was asked is noted with its runs',
  })
    .argument('<name>', 'the job’s name, as `jobs list` shows it')
    .action(async (name: string, options: Json & DryRun) => {
      const run = await withDeps((deps) => jobsRun(deps, config(), { name, ...options }, say))
      print(options, run, [describeRun(name, run, options.dryRun === true)])
      if (run.outcome === 'failed') fail()
    })
}

function addOutbox(outbox: Command, { withDeps, print, progress }: Surroundings): void {
  verb(outbox, 'inspect', {
    does: 'the streams that wait behind an event that the broker refused, with the reason',
    example: 'outbox inspect --json',
  }).action(async (options: Json) => {
    const parked = await withDeps(outboxInspect)
    print(options, parked, parked.length === 0 ? ['No stream waits.'] : parked.map(describeParked))
  })
  verb(outbox, 'replay', {
    does: 'put streams back in their order, once the cause is mended',
    example: 'outbox replay --dry-run',
    dryRun: saysOnly,
  })
    .argument('[stream]', 'one of them, as `outbox inspect` shows it; all without')
    .action(async (stream: string | undefined, options: Json & DryRun) => {
      const replayed = await withDeps((deps) => outboxReplay(deps, { stream, ...options }, progress))
      const does = options.dryRun === true ? 'would be' : 'are'
      print(options, replayed, [
        `${replayed.events} events of ${replayed.streams} streams ${does} on their way again.`,
      ])
    })
}

function addInbox(inbox: Command, { config, print, progress }: Surroundings): void {
  verb(inbox, 'inspect', {
    does: 'the messages that could not be taken in, with the reason',
    example: 'inbox inspect',
  }).action(async (options: Json) => {
    const aside = await inboxInspect(config())
    print(options, aside, aside.length === 0 ? ['No message was put aside.'] : aside.map(describePutAside))
  })
  verb(inbox, 'replay', {
    does: 'bring messages again, in their order, once the cause is mended',
    example: 'inbox replay --dry-run',
    dryRun: saysOnly,
  })
    .argument('[id]', 'one of them, as `inbox inspect` shows it; all without')
    .action(async (id: string | undefined, options: Json & DryRun) => {
      const done = await inboxReplay(config(), { id, ...options }, progress)
      progress.end()
      const does = options.dryRun === true ? 'would be' : 'are'
      print(options, done, [
        `${done.replayed} messages ${does} brought again; ${done.left} stay, nobody knows where they came from.`,
      ])
    })
}
