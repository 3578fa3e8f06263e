import { type Kysely, sql } from 'kysely'

/** Sessions of browsers, held by a cookie; and what a person is shown of each of their sessions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table iam.session drop column device;
    alter table iam.session
      add column kind text not null default 'app' check (kind in ('app', 'browser')),
      -- Of the cookie's token. A session of an app is held by the refresh families of its grants instead.
      add column secret_hash bytea,
      add column idle_seconds integer,
      add column last_seen_at timestamptz,
      -- Keyed hash of the person with the network, the program and the system that the session was opened from.
      add column device bytea,
      -- Network, agent and place, and the name a person gave it: sealed under that person's key.
      add column seen_from bytea,
      add column name bytea,
      add constraint session_of_browser
        check (kind = 'app' or (secret_hash is not null and idle_seconds is not null and last_seen_at is not null)),
      set (fillfactor = 85);
    drop index iam.session_of_user;
    create index session_of_device on iam.session (tenant_id, user_id, device);
    create index session_not_revoked on iam.session (tenant_id, user_id, id) where revoked_at is null;
  `.execute(db)
}
