import { archiveOverdue } from '@iam/domain/audit-archive'
import type { Db } from '@iam/domain/db'
import { listJobs } from '@iam/domain/job'
import { countWaitingMails } from '@iam/domain/mail'
import { countDeadLetters, countUnsent } from '@iam/domain/outbox'
import { ageOfKeySet, type KeySetAge } from '@iam/domain/signing-key'
import type { HealthReport } from '@iam/platform/http'
import { within } from '@iam/platform/lifecycle'
import { endsSoon } from './jobs/ends-soon.ts'
import { metricsOfJobs } from './jobs/metrics-of-jobs.ts'
import { thingsThatExpire } from './jobs/things-that-expire.ts'
import type { AuditStatus } from './audit/start-audit.ts'
import type { InboxStatus } from './inbox/start-inbox.ts'
import type { KeysStatus } from './keys/start-keys.ts'
import type { OutboxRelay } from './relay/relay.ts'
import type { SecretsStatus } from './start-secrets.ts'
import type { StatusListsStatus } from './status/start-status.ts'

/** What the worker's roles have come to. Filled in as they start: health is answered from the very beginning. */
export interface Roles {
  started: boolean
  relay: OutboxRelay | undefined
  keys: KeysStatus | undefined
  status: StatusListsStatus | undefined
  audit: AuditStatus | undefined
  inbox: InboxStatus | undefined
  /** In those that need any. */
  secrets?: SecretsStatus
}

interface Parts {
  readonly db: Pick<Db, 'kysely'>
  readonly ping: () => Promise<void>
  readonly roles: Roles
  /** Whose key set it is, where it tends the keys. */
  readonly region: string
  /** After how many days months of the audit trail go to the cold store; undefined where there is none. */
  readonly hotDays: number | undefined
  /** What it has done since it started. */
  readonly work?: { text(): Promise<string> }
}

/** Milliseconds that Postgres may take: to answer at all, and to count what is in the outbox, which can be much. */
const deadlines = { answer: 1_000, count: 5_000 }

/**
 * Readiness and metrics of this worker. It is ready once its roles run and the keys, if it tends them, were tended
 * once; while keys cannot be tended, status lists cannot be published, the audit trail cannot be sealed, or other services cannot be heard, it is
 * degraded.
 */
export function workerHealth({ db, ping, roles, region, hotDays, work }: Parts) {
  const ready = async (): Promise<HealthReport> => {
    const postgres = await within(deadlines.answer, ping()).then(
      () => 'ok',
      () => 'failing',
    )
    const { started, keys, status, audit } = roles
    const inbox = roles.inbox && { worked: !isDeaf(roles.inbox) }
    const checks = {
      postgres,
      ...checkOf('keys', keys),
      ...checkOf('status', status),
      ...checkOf('audit', audit),
      ...checkOf('inbox', inbox),
    }
    if (!started || keys?.begun === false) return { status: 'unavailable', checks }
    const isWhole = postgres === 'ok' && [keys, status, audit, inbox].every((role) => role?.worked !== false)
    return { status: isWhole ? 'ok' : 'degraded', checks }
  }
  const metrics = async (): Promise<string> => {
    const { depth, oldest, deadLetters, mails, jobs, ending } = await within(deadlines.count, countAll(db))
    const keySet = roles.keys && (await within(deadlines.count, ageOfKeySet(db.kysely, region)))
    return [
      '# TYPE iam_outbox_depth gauge',
      `iam_outbox_depth ${depth}`,
      '# TYPE iam_outbox_oldest_seconds gauge',
      `iam_outbox_oldest_seconds ${oldest}`,
      '# TYPE iam_outbox_dead_letters gauge',
      `iam_outbox_dead_letters ${deadLetters}`,
      '# TYPE iam_mail_waiting gauge',
      `iam_mail_waiting ${mails.waiting}`,
      '# TYPE iam_mail_oldest_seconds gauge',
      `iam_mail_oldest_seconds ${mails.oldest}`,
      '# TYPE iam_relay_partitions gauge',
      `iam_relay_partitions ${roles.relay?.held ?? 0}`,
      ...keySetMetrics(keySet),
      ...statusListMetrics(roles.status),
      ...metricsOfJobs(jobs),
      ...auditMetrics(roles.audit),
      ...secretMetrics(roles.secrets),
      ...endsSoon(ending, new Date()),
      ...(await archiveMetrics(db, hotDays)),
      ...inboxMetrics(roles.inbox),
      (await work?.text()) ?? '',
    ].join('\n')
  }
  return { ready, metrics }
}

/** Seconds without a stream: Pub/Sub ends each now and then, and they are opened again at once. */
const deafAfter = 60

function isDeaf({ downFor }: InboxStatus): boolean {
  return [...downFor().values()].some((seconds) => seconds > deafAfter)
}

async function countAll({ kysely }: Pick<Db, 'kysely'>) {
  const [unsent, deadLetters, mails, jobs, ending] = [
    await countUnsent(kysely),
    await countDeadLetters(kysely),
    await countWaitingMails(kysely),
    await listJobs(kysely),
    await thingsThatExpire(kysely),
  ]
  return { ...unsent, deadLetters, mails, jobs, ending }
}

function checkOf(name: string, role: { readonly worked: boolean } | undefined): Record<string, string> {
  return role === undefined ? {} : { [name]: role.worked ? 'ok' : 'failing' }
}

/** Told by a worker that tends the keys. */
function keySetMetrics(age: KeySetAge | undefined): string[] {
  if (age === undefined) return []
  return [
    '# TYPE iam_key_set_age_seconds gauge',
    `iam_key_set_age_seconds ${age.age}`,
    '# TYPE iam_key_set_expires_in_seconds gauge',
    `iam_key_set_expires_in_seconds ${age.expiresIn}`,
    '# TYPE iam_key_set_purge_due_seconds gauge',
    `iam_key_set_purge_due_seconds ${age.purgeDue}`,
  ]
}

/** Told by the worker that publishes the lists. */
function statusListMetrics(status: StatusListsStatus | undefined): string[] {
  if (status?.state === undefined) return []
  const { lists, fill, oldest } = status.state
  return [
    '# TYPE iam_status_lists gauge',
    `iam_status_lists ${lists}`,
    '# TYPE iam_status_list_fill gauge',
    `iam_status_list_fill ${fill}`,
    '# TYPE iam_status_list_oldest_seconds gauge',
    `iam_status_list_oldest_seconds ${Math.max(0, Math.round(Date.now() / 1000 - oldest))}`,
  ]
}

/** How long the oldest month waits that should have left the database. */
async function archiveMetrics({ kysely }: Parts['db'], hotDays: number | undefined): Promise<string[]> {
  if (hotDays === undefined) return []
  const overdue = await within(deadlines.count, archiveOverdue(kysely, { now: new Date(), hotDays }))
  return [
    '# TYPE iam_audit_archive_overdue_seconds gauge',
    `iam_audit_archive_overdue_seconds ${Math.round(overdue)}`,
  ]
}

/** Told by a worker that needs secrets. */
function secretMetrics(secrets: SecretsStatus | undefined): string[] {
  if (secrets === undefined) return []
  return [
    '# TYPE iam_secrets_age_seconds gauge',
    `iam_secrets_age_seconds ${Math.round((performance.now() - secrets.loadedAt) / 1000)}`,
  ]
}

/** Told by the worker that seals the audit trail. */
function auditMetrics(audit: AuditStatus | undefined): string[] {
  if (audit?.state === undefined) return []
  const { unsealedSeconds, headMinute } = audit.state
  return [
    '# TYPE iam_audit_unsealed_seconds gauge',
    `iam_audit_unsealed_seconds ${Math.round(unsealedSeconds)}`,
    '# TYPE iam_audit_head_age_seconds gauge',
    `iam_audit_head_age_seconds ${Math.max(0, Math.round(Date.now() / 1000 - headMinute))}`,
  ]
}

/** Told by a worker that takes in what other services tell. */
function inboxMetrics(inbox: InboxStatus | undefined): string[] {
  if (inbox === undefined) return []
  const down = [...inbox.downFor()].map(([topic, seconds]) => {
    return `iam_inbox_stream_down_seconds{topic="${topic}"} ${Math.round(seconds)}`
  })
  return [
    '# TYPE iam_inbox_stream_down_seconds gauge',
    ...down,
    '# TYPE iam_inbox_put_aside_total counter',
    `iam_inbox_put_aside_total ${inbox.putAside()}`,
  ]
}
