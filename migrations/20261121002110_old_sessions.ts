import { type Kysely, sql } from 'kysely'

/** Lets iam-worker delete sessions that ended long ago, and devices that nobody used for long. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Sessions are stored in about the order in which they run out.
    create index session_ends on iam.session using brin (expires_at);
    grant delete on iam.session, iam."grant", iam.refresh_family to iam_worker;
    grant select, delete on iam.known_origin to iam_worker;

    -- Of all tenants, but only what is old: the rest stays behind each tenant's own policy.
    create function iam.is_old(ended timestamptz) returns boolean language sql stable parallel safe
      return ended < iam.now() - interval '90 days';
    create policy sweep on iam.session to iam_worker using (iam.is_old(expires_at)) with check (false);
    create policy sweep on iam."grant" to iam_worker using (iam.is_old(expires_at)) with check (false);
    create policy sweep on iam.refresh_family to iam_worker using (iam.is_old(ends_at)) with check (false);
    create policy sweep on iam.known_origin to iam_worker using (iam.is_old(last_seen_at)) with check (false);
  `.execute(db)
}
