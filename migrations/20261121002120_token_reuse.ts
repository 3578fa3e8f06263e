import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What is known of both parties when a refresh token comes back, and since when a person's logins count as stale. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Logins of before have to be proved anew for whatever the account hangs on.
    alter table iam."user" add column step_up_since timestamptz;

    create table iam.session_reuse (
      tenant_id text collate "C" not null,
      session_id text collate "C" not null,
      family_id text collate "C" not null,
      user_id text collate "C" not null,
      -- Whoever refreshed last, and whoever came with the old token.
      refreshed_at timestamptz not null,
      presented_at timestamptz not null,
      successor_used boolean not null,
      -- Another network or another agent than at the last refresh.
      elsewhere boolean not null,
      request_id text collate "C" not null,
      -- Device, network and place of each, sealed under the data key, until iam-worker seals both under the person's.
      holder bytea,
      presenter bytea,
      personal bytea,
      primary key (tenant_id, session_id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index session_reuse_of_user on iam.session_reuse (tenant_id, user_id, session_id);
    create index session_reuse_age on iam.session_reuse (presented_at);
    grant select, insert, delete on iam.session_reuse to iam_api;
    grant select, update, delete on iam.session_reuse to iam_worker;

    -- Part of the one statement that decides a refresh: what only a reuse does costs nothing where there is none.
    create function iam.record_reuse(told iam.session_reuse, in_mail text)
      returns void language plpgsql volatile as $$
    begin
      insert into iam.session_reuse select told.*;
      insert into iam.mail (tenant_id, id, template, user_id, locale, params, created_at, due_at)
      values (told.tenant_id, in_mail, 'session_stolen', told.user_id, 'en',
              jsonb_build_object('sessionId', told.session_id), told.presented_at, told.presented_at);
      if told.successor_used or told.elsewhere then
        update iam."user"
           set step_up_since = greatest(step_up_since, date_trunc('second', told.presented_at))
         where tenant_id = told.tenant_id and id = told.user_id;
      end if;
    end
    $$;
  `.execute(db)
  await isolateByTenant(db, 'session_reuse')
  await sql`
    create policy sweep on iam.session_reuse to iam_worker using (iam.is_old(presented_at)) with check (false);
  `.execute(db)
}
