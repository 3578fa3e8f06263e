import { inTenant, run } from '@iam/domain/db'
import { newId, type Id } from '@iam/domain/kit'
import { queueMail } from '@iam/domain/mail'
import { seal } from '@iam/domain/secret-key'
import { sealPersonal, userKeyOf } from '@iam/domain/user'
import { addPerson, type World } from '@iam/testkit/world'
import { sql } from 'kysely'

/** A column’s name in an export. */
export function camelCase(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

/**
 * Fills what somebody’s life so far left empty, so that every column that is told has a value: whoever adds one seeds it
 * here, unless living does. Somebody else is there besides, whom nothing may tell of.
 */
export async function seedWhatIsLeft(world: World, userId: Id<'usr'>): Promise<void> {
  const { acme: tenantId, globex } = world
  for (const place of [tenantId, globex])
    await addPerson(world, { tenantId: place, email: 'foreign-canary@acme.example' })
  await fillRows(world, userId)
  await addRows(world, userId)
  await fillSealed(world, userId)
}

/** Columns of rows that are there. */
async function fillRows({ admin, clock }: World, userId: string): Promise<void> {
  const at = clock()
  const times: readonly [table: string, columns: readonly string[]][] = [
    ['credential', ['breach_checked_at', 'breached_at', 'exposed_at']],
    ['factor', ['disabled_at', 'last_used_at']],
    ['passkey', ['copy_told_at']],
    ['magic_link', ['approved_at', 'consumed_at', 'voided_at']],
    ['challenge', ['voided_at', 'consumed_at']],
  ]
  for (const [table, columns] of times)
    for (const column of columns)
      await sql`update ${sql.table(`iam.${table}`)} set ${sql.ref(column)} = ${at} where user_id = ${userId}`.execute(
        admin,
      )
  await sql`update iam."user" set step_up_since = ${at} where id = ${userId}`.execute(admin)
  await sql`update iam.factor set last_step = 1 where user_id = ${userId}`.execute(admin)
  await sql`update iam.login_risk set country = 'TN' where user_id = ${userId}`.execute(admin)
  await sql`update iam.refresh_family set foreign_replay = 1 where user_id = ${userId}`.execute(admin)
  await sql`
    update iam.recovery_code set consumed_at = ${at}
     where factor_id in (select id from iam.factor where user_id = ${userId})`.execute(admin)
  await sql`
    update iam.device set trust = 'trusted', trusted_at = ${at}, trusted_for = '\\x00'
     where user_id = ${userId} and revoked_at is null`.execute(admin)
  await sql`
    update iam.outbox set causation_id = 'an event', traceparent = 'a trace', correlation_id = 'a request'
     where ordering_key = (select tenant_id || ':' || id from iam."user" where id = ${userId})`.execute(admin)
}

/** Rows of tables that have none. */
async function addRows(world: World, userId: Id<'usr'>): Promise<void> {
  const { admin, clock, acme: tenantId } = world
  const at = clock()
  await sql`
    insert into iam.credential_history (tenant_id, user_id, hash, pepper_version, replaced_at)
    select tenant_id, user_id, hash, pepper_version, ${at} from iam.credential where user_id = ${userId}`.execute(
    admin,
  )
  await sql`
    insert into iam.membership (tenant_id, id, user_id, role, granted_at)
    values (${tenantId}, 'of the canary', ${userId}, 'concierge', ${at})`.execute(admin)
  await sql`
    insert into iam.breach_look (tenant_id, user_id, asked_at) values (${tenantId}, ${userId}, ${at})
    on conflict do nothing`.execute(admin)
  await sql`
    insert into iam.breach_found (tenant_id, user_id, breach, breached_on, has_passwords, found_at)
    values (${tenantId}, ${userId}, 'Elsewhere', '2026-01-01', true, ${at})`.execute(admin)
  await sql`
    insert into iam.login_failure (tenant_id, user_id, in_a_row, last_at, disabled_at)
    values (${tenantId}, ${userId}, 1, ${at}, ${at}) on conflict do nothing`.execute(admin)
  await sql`
    insert into iam.outbox_dead_letter
      (xid, id, tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload, traceparent,
       correlation_id, causation_id, retention_class, buried_at, reason)
    select xid, id, tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload, traceparent,
           correlation_id, causation_id, retention_class, ${at}, 'the broker refused it'
      from iam.outbox where ordering_key = ${`${tenantId}:${userId}`} order by id limit 1`.execute(admin)
  await sql`
    insert into iam.data_request
      (tenant_id, id, user_id, kind, asked_by, asked_at, causation_id, completed_at, expires_at, ended_at, receipt)
    values (${tenantId}, ${newId('dsr', at)}, ${userId}, 'export', 'service', ${at}, 'an event', ${at}, ${at}, ${at},
            '{}')`.execute(admin)
  await inTenant(world.db, { tenantId }, (tx) =>
    run(tx, queueMail(world, { tenantId, template: 'password_changed', userId, at })),
  )
  await sql`
    update iam.mail set sent_at = ${at}, given_up_at = ${at}, reason = 'nothing to say any more'
     where user_id = ${userId} and template = 'password_changed'`.execute(admin)
}

/** Values that only a key makes. */
async function fillSealed(world: World, userId: Id<'usr'>): Promise<void> {
  const { admin, clock, secrets, acme: tenantId } = world
  const [userKey] = await inTenant(world.db, { tenantId }, (tx) => run(tx, userKeyOf(tenantId, userId)))
  if (userKey === undefined) throw new Error('There is no key.')
  const factors = await sql<{ id: string }>`select id from iam.factor where user_id = ${userId}`.execute(
    admin,
  )
  for (const { id } of factors.rows) {
    const sealed = { values: { name: 'the canary factor' }, context: `${id}:name` }
    const name = sealPersonal(secrets.of('data'), { userId, userKey }, sealed)
    await sql`update iam.factor set name = ${name} where id = ${id}`.execute(admin)
  }
  const families = await sql<{ id: string }>`
    select id from iam.refresh_family where user_id = ${userId}`.execute(admin)
  const { version, key } = secrets.of('data').current(clock())
  const head = Buffer.alloc(4)
  head.writeUInt32BE(version)
  for (const { id } of families.rows) {
    const from = Buffer.concat([head, seal(key, Buffer.from('{"agent":"CanaryBrowser/7.7"}'), id)])
    await sql`update iam.refresh_family set rotated_from = ${from} where id = ${id}`.execute(admin)
  }
}
