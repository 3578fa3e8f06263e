import { type Kysely, sql } from 'kysely'

/**
 * The status lists of the region, and which of their slots changed lately: whoever publishes them reads from the
 * lowest transaction that was still running, and so misses none that commits late.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A list opens once it is published: a token that named an unknown list would be refused.
    create table iam.status_list (
      shard integer primary key check (shard >= 0),
      opens_at timestamptz
    );
    insert into iam.status_list (shard, opens_at) values (0, '-infinity'), (1, '-infinity');
    grant select on iam.status_list to iam_api;
    grant select, insert, update on iam.status_list to iam_worker;

    alter table iam.status_list_entry add column revoked_xid xid8;
    create index status_list_entry_changed on iam.status_list_entry (revoked_xid) where revoked_xid is not null;

    create function iam.stamp_revoked_slot() returns trigger language plpgsql as $$
    begin
      new.revoked_xid := case when new.revoked_at is not null then pg_current_xact_id() end;
      return new;
    end
    $$;
    create trigger stamp_revoked before update of revoked_at on iam.status_list_entry
      for each row execute function iam.stamp_revoked_slot();
  `.execute(db)
}
