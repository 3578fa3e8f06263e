import { ensureAuditPartitions } from '@iam/domain/audit'
import { auditBreaches } from './audit-breaches.ts'
import { exportColdMonths } from './export-cold-months.ts'
import type { Job } from './job.ts'
import { makeExports } from './make-exports.ts'
import { noticeEnds } from './notice-expiries.ts'
import { renewTorExits } from './renew-tor-exits.ts'
import { tidyJobs } from './tidy.ts'

const hour = 3_600
const day = 24 * hour
const monthsAhead = 3

/** Everything that is done by the clock, the one list. Times are UTC; what runs by the second is no job but a loop. */
export const schedule: readonly Job[] = [
  {
    name: 'audit-partitions',
    cron: '5 1 * * *',
    reason: 'makes the audit trail’s months ahead: without its month nothing can be written',
    limit: 60,
    alarm: 3 * day,
    rehearses: false,
    run: async ({ db }) => ({ made: await ensureAuditPartitions(db.kysely, monthsAhead) }),
  },
  {
    name: 'audit-cold-export',
    cron: '35 2 * * *',
    reason: 'moves old months of the audit trail to the cold store, where one is named; until then they stay',
    limit: 6 * hour,
    alarm: 3 * day,
    rehearses: true,
    run: exportColdMonths,
  },
  {
    name: 'tor-exits',
    cron: '55 * * * *',
    reason: 'renews the list of Tor’s exits, where one is named; the old one stays until then',
    limit: 120,
    alarm: day,
    rehearses: false,
    run: async ({ config }) => {
      if (config.torExitsUrl === undefined) return { renewed: 0 }
      await renewTorExits(config, config.torExitsUrl)
      return { renewed: 1 }
    },
  },
  {
    name: 'expiry-notices',
    cron: '15 6 * * *',
    reason: 'tells of keys that end in 60, 30 and 7 days while nothing follows them',
    limit: 120,
    alarm: 3 * day,
    rehearses: true,
    run: noticeEnds,
  },
  {
    name: 'breach-audit',
    cron: '*/20 * * * *',
    reason: 'looks for addresses in breaches of other services, where the tenant wants it',
    limit: 1_200,
    alarm: 6 * hour,
    rehearses: true,
    run: auditBreaches,
  },
  {
    name: 'data-exports',
    cron: '* * * * *',
    reason: 'makes the copies of their data that people asked for, and deletes those that are over',
    limit: 300,
    alarm: hour,
    rehearses: false,
    run: makeExports,
  },
  ...tidyJobs,
]
