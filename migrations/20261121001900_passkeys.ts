import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Passkeys, what authenticators know their people by, and the relying parties that tenants have of their own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.passkey (
      tenant_id text collate "C" not null,
      factor_id text collate "C" not null,
      user_id text collate "C" not null,
      rp_id text collate "C" not null,
      credential_id bytea not null,
      -- COSE (RFC 9052 7): public by its nature.
      public_key bytea not null,
      sign_count bigint not null,
      transports text[] not null,
      backup_eligible boolean not null,
      -- When its person was told last that a copy of it was used.
      copy_told_at timestamptz,
      primary key (tenant_id, factor_id),
      -- Nobody registers somebody else's (WebAuthn 7.1 step 26).
      unique (tenant_id, credential_id),
      foreign key (tenant_id, factor_id) references iam.factor on delete cascade
    ) with (fillfactor = 80);
    create index passkey_of_user on iam.passkey (tenant_id, user_id);
    grant select, insert, update, delete on iam.passkey to iam_api;

    -- WebAuthn 5.4.3: random, and nothing that tells who it is.
    create table iam.passkey_handle (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      handle bytea not null,
      primary key (tenant_id, user_id),
      unique (tenant_id, handle),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, delete on iam.passkey_handle to iam_api;

    -- Which tenant a host's document of related origins is of. Like the directory: browsers name no tenant.
    create table iam.relying_party (
      rp_id text collate "C" primary key,
      tenant_id text collate "C" not null unique references iam.tenant
    );
    grant select, insert, update, delete on iam.relying_party to iam_api;
  `.execute(db)
  for (const table of ['passkey', 'passkey_handle', 'relying_party']) await isolateByTenant(db, table)
  await sql`create policy published on iam.relying_party for select to iam_api using (true)`.execute(db)
}
