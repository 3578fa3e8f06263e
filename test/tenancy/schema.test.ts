import { openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

/** Tables that no tenant owns, each with its reason. Everything else is behind forced row-level security. */
const withoutTenant: Record<string, string> = {
  expiry_notice: 'what was told of the issuer’s own keys',
  job: 'what is done by the clock',
  job_run: 'when it was done, in numbers',
  job_worker: 'which workers do it',
  kysely_migration: 'which migrations have run',
  kysely_migration_lock: 'one migration at a time',
  audit_sealer: 'how far the sealer has come with the events of all tenants',
  audit_archive: 'which months are in the cold store: numbers and hashes only',
  audit_head_end: 'where the chains of all tenants ended at each head: hashes only',
  audit_head: 'signed hashes over the chains of all tenants: public',
  leader_lease: 'which worker does a job',
  relay_lease: 'which worker relays a partition, and how far it is',
  relay_member: 'which workers relay',
  secret_key: 'the deployment’s own secrets, wrapped',
  signing_key: 'the issuer’s keys, wrapped; one issuer for all tenants',
  anchor_rotation: 'who signs the key set, and from when on another does: public',
  breach_pace: 'when the search for breached addresses may be asked next, for whichever tenant',
  key_set_part: 'what other regions published: public',
  key_set_version: 'what was published: public',
  status_list: 'which lists the region has',
  status_list_entry: 'slots shared by all tenants of the region: numbers and grant ids only',
  test_clock: 'made by the tests alone',
}

/** Policies by which a login sees rows of more than one tenant, each with its reason. */
const acrossTenants: Record<string, string> = {
  'directory.directory_read': 'the tenant is found by it; no personal data',
  'directory.directory_insert': 'writes one’s own row only, like the tenant policy',
  'directory.directory_update': 'writes one’s own row only, like the tenant policy',
  'outbox.relay': 'the relay publishes the events of all tenants',
  'outbox.sweep': 'relayed events are deleted',
  'outbox_dead_letter.relay': 'the relay puts aside what the broker refuses, of all tenants',
  'outbox_dead_letter.operate': 'operators put back what was put aside, of all tenants',
  'mail.send': 'iam-worker sends the mails of all tenants; their addresses are sealed',
  'one_time_code.sweep_old': 'what is deleted by its age has to be seen; only what is old enough is',
  'relying_party.published':
    'a host’s related origins are asked for by browsers, which name no tenant: hosts only',
  'one_time_code.sweep': 'old codes are deleted',
  'challenge.sweep_old': 'what is deleted by its age has to be seen; only what is old enough is',
  'challenge.sweep': 'old challenges are deleted',
  'login_risk.sweep_old': 'what is deleted by its age has to be seen; only what is old enough is',
  'login_risk.sweep': 'what is kept of old logins is deleted',
  'magic_link.sweep_old': 'what is deleted by its age has to be seen; only what is old enough is',
  'magic_link.sweep': 'old links are deleted',
  'session_revocation.feed': 'every instance follows the revocations of all tenants: ids only',
  'session_revocation.sweep': 'old revocations are deleted',
  'idempotency_key.sweep_old': 'what is deleted by its age has to be seen; only what is old enough is',
  'idempotency_key.sweep': 'expired keys are deleted',
  'session.sweep': 'sessions that ran out 90 days ago are deleted',
  'grant.sweep': 'with their grants',
  'session_reuse.sweep': 'what is known of old thefts',
  'refresh_family.sweep': 'and their refresh families',
  'audit_event.seal': 'iam-worker seals the events of all tenants, in the order of their transactions',
  'audit_seal.seal': 'and their places in chains: hashes only',
  'audit_seal.prove': 'operators prove where all chains ended: hashes only',
  'audit_chain.seal': 'and where each chain ends: hashes only',
  'data_request.due':
    'iam-worker makes the exports of all tenants, and deletes them: ids, times and what is sealed',
  'inbox_event.sweep_old': 'what is deleted by its age has to be seen; only what is old enough is',
  'inbox_event.sweep': 'what was received long ago is deleted',
  'user_key.superseded': 'iam-worker seals anew what an older data key seals: ids, and keys that are sealed',
  'credential.superseded': 'an old pepper stays while a hash names it: ids and versions only',
  'credential_history.superseded': 'earlier passwords as well',
  'known_origin.sweep': 'devices that nobody used for 90 days are forgotten',
}

describe('the schema', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  test('C223: puts every table behind forced row-level security, except those listed with a reason', async () => {
    const tables = await sql<{ name: string; forced: boolean }>`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('iam', 'public') and c.relkind in ('r', 'p')`.execute(world.admin)
    expect(tables.rows.length).toBeGreaterThan(20)
    const open = tables.rows.filter((table) => !table.forced).map((table) => table.name)
    expect(open.sort()).toEqual(Object.keys(withoutTenant).sort())
  })

  test('C225: gives every such table, partitions included, the tenant policy for reading and for writing', async () => {
    const policies = await sql<{ table: string; name: string; uses: string; checks: string }>`
      select tablename as table, policyname as name, coalesce(qual, '') as uses, coalesce(with_check, '') as checks
        from pg_policies where schemaname = 'iam'`.execute(world.admin)
    const condition = "(tenant_id = current_setting('app.tenant_id'::text, true))"
    const byTenant = policies.rows.filter((policy) => policy.name === 'tenant')
    for (const policy of byTenant) expect(policy).toMatchObject({ uses: condition, checks: condition })
    const forced = await sql<{ name: string }>`
      select relname as name from pg_class where relforcerowsecurity and relname <> 'directory'`.execute(
      world.admin,
    )
    expect(byTenant.map((policy) => policy.table).sort()).toEqual(
      forced.rows.map((table) => table.name).sort(),
    )
    const others = policies.rows
      .filter((policy) => policy.name !== 'tenant')
      .map(({ table, name }) => `${table}.${name}`)
    expect(others.sort()).toEqual(Object.keys(acrossTenants).sort())
  })

  test('C223: has logins that own nothing they serve, and may bypass nothing', async () => {
    const logins = await sql<{ name: string; might: boolean }>`
      select rolname as name, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as might
        from pg_roles where rolname like 'iam\\_%'`.execute(world.admin)
    expect(logins.rows.map((login) => login.name).sort()).toEqual(['iam_api', 'iam_owner', 'iam_worker'])
    expect(logins.rows.filter((login) => login.might)).toEqual([])
    const owned = await sql`
      select from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname in ('iam_api', 'iam_worker')`.execute(
      world.admin,
    )
    expect(owned.rows).toEqual([])
  })

  test('C224: lists its definer functions, and fixes their search path', async () => {
    const definers = await sql<{ name: string; config: string[] | null }>`
      select p.proname as name, p.proconfig as config from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname = 'iam' and p.prosecdef`.execute(world.admin)
    const fixed = 'search_path=pg_catalog, pg_temp'
    expect(definers.rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'drop_audit_month', config: [fixed, 'lock_timeout=200ms'] },
      { name: 'ensure_audit_partitions', config: [fixed] },
      { name: 'hold_audit_month', config: [fixed] },
    ])
  })

  test('makes compromised and destroyed keys final', async () => {
    const key = await world.admin.selectFrom('iam.signing_key').select('id').executeTakeFirstOrThrow()
    const set = (state: string) =>
      world.admin.updateTable('iam.signing_key').set({ state }).where('id', '=', key.id).execute()
    await set('compromised')
    for (const state of ['pending', 'published', 'active', 'retiring', 'retired'])
      await expect(set(state)).rejects.toThrow('final')
    await set('destroyed')
  })
})
