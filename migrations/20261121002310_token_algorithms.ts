import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Which algorithm access tokens are signed with where a client or an audience is pinned to one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table iam.client
      add access_token_alg text check (access_token_alg in ('ES256', 'RS256', 'EdDSA'));

    create table iam.audience (
      tenant_id text collate "C" not null references iam.tenant,
      audience text not null,
      access_token_alg text not null check (access_token_alg in ('ES256', 'RS256', 'EdDSA')),
      updated_at timestamptz not null,
      primary key (tenant_id, audience)
    );
    grant select, insert, update, delete on iam.audience to iam_api;
  `.execute(db)
  await isolateByTenant(db, 'audience')
  // Who verifies has the first word: a service that takes one algorithm alone takes no other. In plpgsql, because a
  // refresh asks it: Postgres 15 plans the statements of a function in SQL anew at every call.
  await sql`
    create function iam.token_alg(tenant text, client text, audience text) returns text
      language plpgsql stable as $$
    begin
      return coalesce(
        (select a.access_token_alg from iam.audience a
          where a.tenant_id = token_alg.tenant and a.audience = token_alg.audience),
        (select c.access_token_alg from iam.client c
          where c.tenant_id = token_alg.tenant and c.id = token_alg.client));
    end
    $$;
    grant execute on function iam.token_alg to iam_api;
  `.execute(db)
}
