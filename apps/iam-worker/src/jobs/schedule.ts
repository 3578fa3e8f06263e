import { ensureAuditPartitions } from '@iam/domain/audit'
import type { Job } from './job.ts'
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
  ...tidyJobs,
]
