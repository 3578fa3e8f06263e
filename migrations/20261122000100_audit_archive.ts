import { type Kysely, sql } from 'kysely'

/** The months of the audit trail that went to the cold store, and how a month leaves the database. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One for each month that is not here any more: what its manifest in the cold store says, in short.
    create table iam.audit_archive (
      month date primary key check (month = date_trunc('month', month)),
      row_count bigint not null,
      parts integer not null,
      -- SHA-256 of the manifest, which has the digests of everything else.
      manifest bytea not null check (length(manifest) = 32),
      -- The number of the signed head that it was held against.
      head bigint not null,
      archived_at timestamptz not null
    );
    grant select on iam.audit_archive to iam_api;
    grant select, insert on iam.audit_archive to iam_worker;

    -- Lets nobody write to a month until this transaction ends, so that what is counted there stays true.
    create function iam.hold_audit_month(in_month date) returns void
      language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
    begin
      execute format('lock table iam.%I in share mode', 'audit_event_' || to_char(in_month, 'YYYY_MM'));
    end
    $$;

    -- Drops a month that stands in the archive and is over for thirty days at least. Whoever waits for a lock keeps
    -- everybody else waiting behind it, so this waits for a moment only: its caller tries again.
    create function iam.drop_audit_month(in_month date) returns void
      language plpgsql volatile security definer
      set search_path = pg_catalog, pg_temp set lock_timeout = '200ms' as $$
    begin
      if not exists (select from iam.audit_archive where month = in_month) then
        raise exception 'month % is not in the archive', in_month using errcode = 'IAM30';
      end if;
      if in_month + interval '1 month 30 days' > iam.now() then
        raise exception 'month % is too young to be dropped', in_month using errcode = 'IAM31';
      end if;
      execute format('drop table iam.%I', 'audit_event_' || to_char(in_month, 'YYYY_MM'));
    end
    $$;
    revoke execute on function iam.hold_audit_month(date), iam.drop_audit_month(date) from public;
    grant execute on function iam.hold_audit_month(date), iam.drop_audit_month(date) to iam_worker;
  `.execute(db)
}
