import { type Kysely, sql } from 'kysely'

/**
 * Ending a session touches five tables, from several verbs and from inside the one statement that decides a
 * refresh; so it is a function of the database, run with the caller's rights and under the caller's tenant.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function iam.end_session(in_tenant text, in_session text, in_reason text, in_at timestamptz)
      returns boolean language plpgsql volatile as $$
    begin
      update iam.session
         set revoked_at = in_at, revoked_reason = in_reason, version = version + 1
       where tenant_id = in_tenant and id = in_session and revoked_at is null;
      if not found then
        return false;
      end if;
      update iam.refresh_family
         set revoked_at = in_at, prev_hash = null, box = null, rotated_from = null
       where tenant_id = in_tenant and session_id = in_session and revoked_at is null;
      update iam.status_list_entry e
         set revoked_at = in_at
        from iam."grant" g
       where g.tenant_id = in_tenant and g.session_id = in_session and g.revoked_at is null
         and e.shard = g.status_shard and e.slot = g.status_slot and e.grant_id = g.id;
      with ended as (
        update iam."grant"
           set revoked_at = in_at
         where tenant_id = in_tenant and session_id = in_session and revoked_at is null
        returning id
      )
      insert into iam.session_revocation (tenant_id, grant_id, session_id, revoked_at)
      select in_tenant, ended.id, in_session, in_at from ended;
      return true;
    end
    $$;
  `.execute(db)
}
