import type { JobRun } from '@iam/domain/job'
import type { ParkedStream } from '@iam/domain/outbox'
import type { PutAside } from './inbox.ts'
import type { ListedJob } from './jobs.ts'

/** A job in three lines. */
export function describeJob(job: ListedJob): string {
  const { name, cron, reason, lastOutcome, lastError, lastStartedAt, failures, running, nextAt } = job
  const last =
    lastStartedAt === null ? 'never run' : `${lastOutcome ?? 'running'} at ${lastStartedAt.toISOString()}`
  const trouble = failures === 0 ? '' : `; ${failures} in vain since it succeeded, ${lastError ?? 'cut off'}`
  return [
    `${name}  ${cron}  ${reason}`,
    `    last: ${last}${running > 0 && lastOutcome !== null ? '; running' : ''}${trouble}`,
    `    next: ${nextAt?.toISOString() ?? 'not within a year'}`,
  ].join('\n')
}

/** What a run came to. */
export function describeRun(name: string, { outcome, error, result }: JobRun, isDryRun: boolean): string {
  if (outcome === 'failed') return `${name} failed: ${error}`
  const numbers = Object.entries(result ?? {}).map(([what, n]) => `${what} ${n}`)
  return `${name} ${isDryRun ? 'would be done' : 'is done'}: ${numbers.join(', ') || 'nothing to tell'}`
}

/** A stream that waits. */
export function describeParked({ orderingKey, events, type, eventId, reason, since }: ParkedStream): string {
  return `${orderingKey}  ${events} events since ${since.toISOString()}, behind ${type} ${eventId}: ${reason}`
}

/** A message that was put aside. */
export function describePutAside({ id, subject, orderingKey, reason, since, topic }: PutAside): string {
  const where = topic === undefined ? '  (cannot be replayed)' : ''
  return `${id}  ${since.toISOString()}  ${subject}  ${orderingKey}  ${reason}${where}`
}
