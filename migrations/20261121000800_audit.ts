import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** The audit trail, by month. Personal values stand only sealed under the person's own key. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.audit_event (
      xid xid8 not null default pg_current_xact_id(),
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      occurred_at timestamptz not null,
      actor_type text not null check (actor_type in ('user', 'anonymous', 'client', 'operator', 'system')),
      actor_id text collate "C",
      action text not null,
      target_type text not null,
      target_id text collate "C",
      outcome text not null check (outcome in ('success', 'refused')),
      reason text,
      request_id text collate "C",
      subject_hmac bytea,
      personal bytea,
      primary key (tenant_id, occurred_at, id)
    ) partition by range (occurred_at);
    grant insert, select on iam.audit_event to iam_api, iam_worker;

    -- Makes the months from in_from on, in_months of them. Definer, because only the owner may make tables;
    -- a partition has the parent's policy for itself and no grants, so it cannot be read around the parent.
    create function iam.ensure_audit_partitions(in_from date, in_months integer)
      returns integer language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
    declare
      month date;
      child text;
      made integer := 0;
    begin
      for n in 0 .. in_months - 1 loop
        month := (date_trunc('month', in_from) + make_interval(months => n))::date;
        child := 'audit_event_' || to_char(month, 'YYYY_MM');
        continue when to_regclass('iam.' || child) is not null;
        execute format('create table iam.%I partition of iam.audit_event for values from (%L) to (%L)',
          child, month, (month + interval '1 month')::date);
        execute format('alter table iam.%I enable row level security', child);
        execute format('alter table iam.%I force row level security', child);
        execute format($policy$
          create policy tenant on iam.%I
            using (tenant_id = current_setting('app.tenant_id', true))
            with check (tenant_id = current_setting('app.tenant_id', true))$policy$, child);
        made := made + 1;
      end loop;
      return made;
    end
    $$;
    revoke execute on function iam.ensure_audit_partitions(date, integer) from public;
    grant execute on function iam.ensure_audit_partitions(date, integer) to iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'audit_event')
  await sql`select iam.ensure_audit_partitions(iam.now()::date, 13)`.execute(db)
}
