import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Devices of people, each known by its public key, and which of them a session was proved to be on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.device (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      algorithm text not null check (algorithm in ('Ed25519', 'P-256')),
      -- The point: 32 bytes as in RFC 8032 5.1.2, or x and y of 32 bytes each.
      public_key bytea not null,
      -- RFC 7638, SHA-256.
      thumbprint bytea not null,
      -- Sealed under the person's key; none once it is revoked.
      name bytea,
      trust text not null check (trust in ('known', 'trusted', 'revoked')),
      trusted_at timestamptz,
      -- What the person's account hung on when they trusted it: with another factor or password the trust is gone.
      trusted_for bytea,
      created_at timestamptz not null,
      last_used_at timestamptz not null,
      revoked_at timestamptz,
      primary key (tenant_id, id),
      -- One key is one device, whosever and for good: a revoked one does not come back under another name.
      unique (tenant_id, thumbprint),
      check ((trust = 'trusted') = (trusted_at is not null and trusted_for is not null)),
      check ((trust = 'revoked') = (revoked_at is not null)),
      foreign key (tenant_id, user_id) references iam."user"
    ) with (fillfactor = 80);
    create index device_of_user on iam.device (tenant_id, user_id);
    grant select, insert, update, delete on iam.device to iam_api;

    alter table iam.session add column proved_device text collate "C",
      add foreign key (tenant_id, proved_device) references iam.device;
    create index session_of_proved_device on iam.session (tenant_id, proved_device) where proved_device is not null;
  `.execute(db)
  await isolateByTenant(db, 'device')
}
