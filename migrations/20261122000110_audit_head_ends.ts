import { type Kysely, sql } from 'kysely'

/**
 * Where chains ended at each signed head, kept apart from the chains: whatever becomes of one tenant's chain, in a
 * restore for example, what the heads say of all others can still be proved.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One where a chain had moved since the head before. Hashes only, written with the head and never changed.
    create table iam.audit_head_end (
      tenant_id text collate "C" not null,
      head bigint not null,
      seq bigint not null,
      chain bytea not null,
      primary key (tenant_id, head)
    );
    create index audit_head_end_head on iam.audit_head_end (head);
    grant select, insert on iam.audit_head_end to iam_worker;
    insert into iam.audit_head_end (tenant_id, head, seq, chain)
      select distinct on (s.tenant_id, s.head) s.tenant_id, s.head, s.seq, s.chain
        from iam.audit_seal s where s.head in (select number from iam.audit_head)
       order by s.tenant_id, s.head, s.seq desc;

    -- In which cluster the sealer went, and up to which transaction id events may be of another one.
    alter table iam.audit_sealer
      add cluster text,
      add foreign_to xid8 not null default '0',
      add adopted_xid xid8,
      add adopted_id text collate "C";
  `.execute(db)
}
