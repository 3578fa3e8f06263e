import { deleteOldChallenges } from '@iam/domain/challenge'
import type { Executor } from '@iam/domain/db'
import { deleteOldKeys } from '@iam/domain/idempotency-key'
import { deleteOldReceived } from '@iam/domain/inbox'
import { deleteOldRuns } from '@iam/domain/job'
import { deleteOldOrigins } from '@iam/domain/login-attempt'
import { deleteOldMagicLinks } from '@iam/domain/magic-link'
import { deleteOldMails } from '@iam/domain/mail'
import { deleteOldCodes } from '@iam/domain/one-time-code'
import { deleteSent } from '@iam/domain/outbox'
import { deleteOldLogins } from '@iam/domain/risk'
import { deleteOldReuses, deleteOldRevocations, deleteOldSessions } from '@iam/domain/session'
import type { Job, JobDeps, JobTurn } from './job.ts'

const batch = 5_000

/** Deletes what is too old. @returns how many went: fewer than `limit` is the last of it. */
type DeleteOld = (db: Executor, options: { limit: number; keepFor: number }) => Promise<number>

const hour = 3_600
const common = { limit: 600, alarm: 6 * hour, rehearses: true } as const

/** One job for each noun, at another minute of the hour: one that fails holds up no other. */
export const tidyJobs: readonly Job[] = [
  tidy('outbox', 2, 'events that were relayed a day ago', deleteSent),
  tidy('inbox', 6, 'what is known of events received long ago', deleteOldReceived),
  tidy('mails', 10, 'mails that were sent, or given up', deleteOldMails),
  tidy('codes', 14, 'codes and links of mails that have run out', deleteOldCodes),
  tidy('challenges', 18, 'challenges of second factors that have run out', deleteOldChallenges),
  tidy('magic-links', 22, 'links to sign in that have run out', deleteOldMagicLinks),
  tidy('logins', 26, 'what logins of long ago were judged by', deleteOldLogins),
  tidy('idempotency-keys', 30, 'answers to writes of a day ago', deleteOldKeys),
  tidy('revocations', 34, 'revocations that every instance has followed', deleteOldRevocations),
  tidy('sessions', 38, 'sessions that ran out 90 days ago', deleteOldSessions),
  tidy('token-reuses', 42, 'what is known of old thefts', deleteOldReuses),
  tidy('known-devices', 46, 'browsers and apps that nobody used for 90 days', deleteOldOrigins),
  tidy('job-runs', 50, 'runs of jobs of 90 days ago', deleteOldRuns),
]

function tidy(what: string, minute: number, reason: string, deleteOld: DeleteOld): Job {
  const run = (deps: JobDeps, turn: JobTurn) =>
    turn.rehearsal ? rehearse(deps, turn, deleteOld) : inBatches(deps, turn, deleteOld)
  return { name: `tidy-${what}`, cron: `${minute} * * * *`, reason: `deletes ${reason}`, ...common, run }
}

/** So that no transaction is long, whatever has piled up. */
async function inBatches({ db, config }: JobDeps, { signal }: JobTurn, deleteOld: DeleteOld) {
  const options = { limit: batch, keepFor: config.outboxKeepSeconds }
  let deleted = 0
  for (;;) {
    signal.throwIfAborted()
    const went = await deleteOld(db.kysely, options)
    deleted += went
    if (went < batch) return { deleted }
  }
}

/** Batches that a rehearsal counts at most: what it deletes comes back, and is locked until then. */
const mostRehearsed = 20

/** The same, taken back. */
async function rehearse({ db, config }: JobDeps, { signal }: JobTurn, deleteOld: DeleteOld) {
  const options = { limit: batch, keepFor: config.outboxKeepSeconds }
  const tx = await db.kysely.startTransaction().execute()
  let deleted = 0
  try {
    for (let n = 0; n < mostRehearsed; n += 1) {
      signal.throwIfAborted()
      const went = await deleteOld(tx, options)
      deleted += went
      if (went < batch) break
    }
  } finally {
    await tx.rollback().execute()
  }
  return { deleted }
}
