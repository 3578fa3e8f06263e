import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import * as schemaAndClock from './20261121000100_schema_and_clock.ts'
import * as tenants from './20261121000200_tenants.ts'
import * as users from './20261121000300_users.ts'
import * as clients from './20261121000400_clients.ts'
import * as sessions from './20261121000500_sessions.ts'
import * as endSession from './20261121000600_end_session.ts'
import * as keys from './20261121000700_keys.ts'
import * as audit from './20261121000800_audit.ts'
import * as outbox from './20261121000900_outbox.ts'
import * as idempotency from './20261121001000_idempotency.ts'
import * as mail from './20261121001100_mail.ts'
import * as credentials from './20261121001200_credentials.ts'
import * as browserSessions from './20261121001300_browser_sessions.ts'
import * as administration from './20261121001400_administration.ts'
import * as loginFailures from './20261121001500_login_failures.ts'
import * as challengesAndFactors from './20261121001600_challenges_and_factors.ts'
import * as loginRisk from './20261121001700_login_risk.ts'
import * as magicLinks from './20261121001800_magic_links.ts'
import * as passkeys from './20261121001900_passkeys.ts'
import * as breachedPasswords from './20261121002100_breached_passwords.ts'
import * as oldSessions from './20261121002110_old_sessions.ts'
import * as trustEnd from './20261121002200_trust_end.ts'
import * as tokenReuse from './20261121002210_token_reuse.ts'
import * as devices from './20261121002220_devices.ts'
import * as statusLists from './20261121002300_status_lists.ts'
import * as tokenAlgorithms from './20261121002310_token_algorithms.ts'
import * as kmsCustody from './20261121002320_kms_custody.ts'
import * as keySet from './20261121002330_key_set.ts'
import * as secrets from './20261121002340_secrets.ts'
import * as inbox from './20261121002400_inbox.ts'
import * as memberships from './20261121002401_memberships.ts'
import * as auditMacs from './20261121002410_audit_macs.ts'
import * as auditSeals from './20261121002411_audit_seals.ts'
import * as jobs from './20261121002420_jobs.ts'
import * as operateDeadLetters from './20261121002421_operate_dead_letters.ts'
import * as expiryNotices from './20261121002422_expiry_notices.ts'
import * as auditArchive from './20261122000100_audit_archive.ts'
import * as auditHeadEnds from './20261122000110_audit_head_ends.ts'
import * as dataRequests from './20261122000200_data_requests.ts'
import * as breachAudit from './20261122000300_breach_audit.ts'
import { applyMigrations } from './apply-migrations.ts'
import { migrateJobQueue } from './migrate-job-queue.ts'

/** Every migration under the name it is recorded by, in the order it runs. The one list; nothing is found by search. */
const migrations: Record<string, Migration> = {
  '20261121000100_schema_and_clock': schemaAndClock,
  '20261121000200_tenants': tenants,
  '20261121000300_users': users,
  '20261121000400_clients': clients,
  '20261121000500_sessions': sessions,
  '20261121000600_end_session': endSession,
  '20261121000700_keys': keys,
  '20261121000800_audit': audit,
  '20261121000900_outbox': outbox,
  '20261121001000_idempotency': idempotency,
  '20261121001100_mail': mail,
  '20261121001200_credentials': credentials,
  '20261121001300_browser_sessions': browserSessions,
  '20261121001400_administration': administration,
  '20261121001500_login_failures': loginFailures,
  '20261121001600_challenges_and_factors': challengesAndFactors,
  '20261121001700_login_risk': loginRisk,
  '20261121001800_magic_links': magicLinks,
  '20261121001900_passkeys': passkeys,
  '20261121002100_breached_passwords': breachedPasswords,
  '20261121002110_old_sessions': oldSessions,
  '20261121002200_trust_end': trustEnd,
  '20261121002210_token_reuse': tokenReuse,
  '20261121002220_devices': devices,
  '20261121002300_status_lists': statusLists,
  '20261121002310_token_algorithms': tokenAlgorithms,
  '20261121002320_kms_custody': kmsCustody,
  '20261121002330_key_set': keySet,
  '20261121002340_secrets': secrets,
  '20261121002400_inbox': inbox,
  '20261121002401_memberships': memberships,
  '20261121002410_audit_macs': auditMacs,
  '20261121002411_audit_seals': auditSeals,
  '20261121002420_jobs': jobs,
  '20261121002421_operate_dead_letters': operateDeadLetters,
  '20261121002422_expiry_notices': expiryNotices,
  '20261122000100_audit_archive': auditArchive,
  '20261122000110_audit_head_ends': auditHeadEnds,
  '20261122000200_data_requests': dataRequests,
  '20261122000300_breach_audit': breachAudit,
}

/**
 * Applies what is missing, of the job queue's own schema and then of ours, which grants what it has.
 * @param db a connection as iam_owner. @param url the same one, for the queue. @returns the names of those applied now.
 */
export async function migrateToLatest<DB>(db: Kysely<DB>, url: string): Promise<string[]> {
  await migrateJobQueue(url)
  return applyMigrations(db, migrations)
}
