import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What is known of both parties when a refresh token comes back, and since when a person's logins count as stale. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Logins of before have to be proved anew for whatever the account hangs on.
    alter table iam."user" add column step_up_since timestamptz;

    -- Besides ended sessions, those whose cached entry says what is not so any more.
    alter table iam.session_revocation add column ended boolean not null default true;

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
    create function iam.record_reuse(
      in_tenant text, in_session text, in_family text, in_user text, in_mail text, in_request text,
      in_refreshed timestamptz, in_at timestamptz, in_successor_used boolean, in_elsewhere boolean, in_holder bytea,
      in_presenter bytea
    ) returns void language plpgsql volatile as $$
    begin
      insert into iam.session_reuse
        (tenant_id, session_id, family_id, user_id, request_id, refreshed_at, presented_at, successor_used, elsewhere,
         holder, presenter)
      values (in_tenant, in_session, in_family, in_user, in_request, in_refreshed, in_at, in_successor_used,
              in_elsewhere, in_holder, in_presenter);
      insert into iam.mail (tenant_id, id, template, user_id, locale, params, created_at, due_at)
      values (in_tenant, in_mail, 'session_stolen', in_user, 'en', jsonb_build_object('sessionId', in_session), in_at,
              in_at);
      if in_successor_used or in_elsewhere then
        update iam."user"
           set step_up_since = greatest(step_up_since, date_trunc('second', in_at)),
               trust_ended_at = date_trunc('milliseconds', in_at)
         where tenant_id = in_tenant and id = in_user;
        insert into iam.session_revocation (tenant_id, grant_id, session_id, revoked_at, ended)
        select in_tenant, g.id, s.id, in_at, false
          from iam.session s join iam."grant" g on g.tenant_id = s.tenant_id and g.session_id = s.id
         where s.tenant_id = in_tenant and s.user_id = in_user and s.revoked_at is null and s.expires_at > in_at
           and s.id <> in_session and g.revoked_at is null;
      end if;
    end
    $$;
  `.execute(db)
  await isolateByTenant(db, 'session_reuse')
  await sql`
    create policy sweep on iam.session_reuse to iam_worker using (iam.is_old(presented_at)) with check (false);
  `.execute(db)
}
