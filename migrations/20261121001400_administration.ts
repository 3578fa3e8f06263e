import { type Kysely, sql } from 'kysely'

/** What administrators do: policies with versions, invitations, erasing people, answers that are kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Told as the policy's ETag.
    alter table iam.tenant add column policy_version integer not null default 1;

    -- An invitation is a link to choose the first password with.
    alter table iam.one_time_code drop constraint one_time_code_purpose_check;
    alter table iam.one_time_code add constraint one_time_code_purpose_check
      check (purpose in ('verify_email', 'reset_password', 'change_email', 'undo_email_change', 'invitation'));

    -- Whom an answer tells of: erasing them deletes it. The status follows from the route.
    alter table iam.idempotency_key add column subject_id text collate "C";
    alter table iam.idempotency_key drop column status;

    -- Erasing a person.
    grant delete on iam.credential, iam.one_time_code, iam.idempotency_key to iam_api;
    grant select (tenant_id, id, user_id, address, data_key_version, sent_at, given_up_at), delete on iam.mail to iam_api;

    -- What was true when a password was checked may be overtaken before the session is stored: an account that was
    -- suspended meanwhile, or whose password was changed, gets none. Called with the person's stream held.
    create function iam.require_standing(in_tenant text, in_user text, in_password_of timestamptz)
      returns void language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
    begin
      if not exists (
        select from iam."user" u join iam.credential c on c.tenant_id = u.tenant_id and c.user_id = u.id
         where u.tenant_id = in_tenant and u.id = in_user and u.status = 'active' 
           and date_trunc('milliseconds', c.changed_at) = in_password_of
      ) then
        raise exception 'The account has changed' using errcode = 'IAM01';
      end if;
    end
    $$;

    -- Who else is an owner?
    create index role_assignment_of_role on iam.role_assignment (tenant_id, role);
  `.execute(db)
}
