import { sql } from 'kysely'
import type { AuditPosition } from '../audit/index.ts'
import type { Executor } from '../db/index.ts'
import type { ChainEnd } from './merkle.ts'

/** An event's place in its tenant's chain. */
export interface Seal extends ChainEnd {
  readonly auditId: string
  readonly occurredAt: Date
  /** The number of the first head that covers it. */
  readonly head: number
}

/** A signed head as the database has it. */
export interface StoredHead {
  readonly number: number
  readonly minute: Date
  readonly jws: string
  readonly stored: boolean
}

/** How far the sealer has come, and what a restore left it to do. */
export interface Sealer {
  readonly position: AuditPosition
  /** In which cluster that is; null before the first round. */
  readonly cluster: string | null
  /** Where it is now. */
  readonly clusterNow: string
  /** Whether its position is yet to be given here, which cannot be in the cluster it comes from. */
  readonly isAhead: boolean
  /** Up to which transaction id events may be of another cluster, and sealed already. */
  readonly foreignTo: string
  /** How far it has come with events of another cluster; undefined when none are left. */
  readonly adopted: AuditPosition | undefined
}

/** How far the sealer has come. */
export async function findSealer(db: Executor): Promise<Sealer> {
  const found = await sql<{
    xid: string
    id: string
    cluster: string | null
    clusterNow: string
    isAhead: boolean
    foreignTo: string
    adoptedXid: string | null
    adoptedId: string | null
  }>`
    select cursor_xid::text as xid, cursor_id as id, cluster, foreign_to::text as "foreignTo",
           adopted_xid::text as "adoptedXid", adopted_id as "adoptedId",
           (select system_identifier::text from pg_control_system()) as "clusterNow",
           cursor_xid >= pg_snapshot_xmax(pg_current_snapshot()) as "isAhead"
      from iam.audit_sealer`.execute(db)
  const [row] = found.rows
  if (row === undefined) throw new Error('The sealer’s row is missing.')
  const { xid, id, adoptedXid, adoptedId, ...others } = row
  const adopted = adoptedXid === null ? undefined : { xid: adoptedXid, id: adoptedId ?? '' }
  return { ...others, position: { xid, id }, adopted }
}

/** Notes in which cluster the sealer is, and where it begins there. */
export async function settleSealer(
  tx: Executor,
  { position, clusterNow, foreignTo, adopted }: Omit<Sealer, 'cluster' | 'isAhead'>,
): Promise<void> {
  await sql`
    update iam.audit_sealer
       set cursor_xid = ${position.xid}::xid8, cursor_id = ${position.id}, cluster = ${clusterNow},
           foreign_to = ${foreignTo}::xid8, adopted_xid = ${adopted?.xid ?? null}::xid8,
           adopted_id = ${adopted?.id ?? null}`.execute(tx)
}

/** Which of these events have a place in their chain already: their ids. */
export async function sealedOf(
  db: Executor,
  rows: readonly { readonly tenantId: string; readonly id: string; readonly occurredAt: Date }[],
): Promise<Set<string>> {
  const found = await sql<{ id: string }>`
    select s.audit_id as id from iam.audit_seal s
     where (s.tenant_id, s.occurred_at, s.audit_id) in (
       select * from unnest(${rows.map(({ tenantId }) => tenantId)}::text[],
         ${rows.map(({ occurredAt }) => occurredAt)}::timestamptz[], ${rows.map(({ id }) => id)}::text[]))`.execute(
    db,
  )
  return new Set(found.rows.map(({ id }) => id))
}

/** Moves the sealer on. */
export async function moveSealer(tx: Executor, { xid, id }: AuditPosition): Promise<void> {
  await sql`update iam.audit_sealer set cursor_xid = ${xid}::xid8, cursor_id = ${id}`.execute(tx)
}

/** Where the chains of tenants end now; of all tenants, when none are named. */
export async function chainEnds(db: Executor, tenantIds?: readonly string[]): Promise<ChainEnd[]> {
  const found = await sql<ChainEnd>`
    select tenant_id as "tenantId", seq::float8 as seq, chain from iam.audit_chain
     where ${tenantIds ?? null}::text[] is null or tenant_id = any (${tenantIds ?? null}::text[])`.execute(db)
  return found.rows
}

/** Adds seals, and moves the ends of their chains. */
export async function insertSeals(
  tx: Executor,
  seals: readonly Seal[],
  ends: readonly ChainEnd[],
): Promise<void> {
  await sql`
    insert into iam.audit_seal (tenant_id, seq, audit_id, occurred_at, chain, head)
    select * from unnest(${seals.map(({ tenantId }) => tenantId)}::text[], ${seals.map(({ seq }) => seq)}::bigint[],
      ${seals.map(({ auditId }) => auditId)}::text[], ${seals.map(({ occurredAt }) => occurredAt)}::timestamptz[],
      ${seals.map(({ chain }) => chain)}::bytea[], ${seals.map(({ head }) => head)}::bigint[])`.execute(tx)
  await sql`
    insert into iam.audit_chain as c (tenant_id, seq, chain)
    select * from unnest(${ends.map(({ tenantId }) => tenantId)}::text[], ${ends.map(({ seq }) => seq)}::bigint[],
      ${ends.map(({ chain }) => chain)}::bytea[])
    on conflict (tenant_id) do update set seq = excluded.seq, chain = excluded.chain`.execute(tx)
}

/** The minute that it is by the database's clock. */
export async function thisMinute(db: Executor): Promise<Date> {
  const found = await sql<{ minute: Date }>`select date_trunc('minute', iam.now()) as minute`.execute(db)
  const [now] = found.rows
  if (now === undefined) throw new Error('The database answered with no time.')
  return now.minute
}

/** The last signed head. */
export async function lastHead(db: Executor): Promise<StoredHead | undefined> {
  const found = await sql<StoredHead>`
    select number::float8 as number, minute, jws, stored from iam.audit_head order by number desc limit 1`.execute(
    db,
  )
  return found.rows[0]
}

/** Heads by their minutes, oldest first. */
export async function headsBetween(db: Executor, from: Date, to: Date): Promise<StoredHead[]> {
  const found = await sql<StoredHead>`
    select number::float8 as number, minute, jws, stored from iam.audit_head
     where minute >= ${from} and minute <= ${to} order by number`.execute(db)
  return found.rows
}

/** Keeps a head that was signed. It counts as stored once it stands in the object store. */
export async function insertHead(tx: Executor, head: Omit<StoredHead, 'stored'>): Promise<void> {
  await sql`
    insert into iam.audit_head (number, minute, jws)
    values (${head.number}, ${head.minute}, ${head.jws})`.execute(tx)
}

/** Notes that a head stands in the object store. */
export async function markStored(db: Executor, number: number): Promise<void> {
  await sql`update iam.audit_head set stored = true where number = ${number}`.execute(db)
}

/** A tenant's seals of a time, in the order of their chain. Of a transaction under that tenant. */
export async function sealsBetween(tx: Executor, tenantId: string, from: Date, to: Date): Promise<Seal[]> {
  const found = await sql<Seal>`
    select tenant_id as "tenantId", seq::float8 as seq, audit_id as "auditId", occurred_at as "occurredAt", chain,
           head::float8 as head
      from iam.audit_seal s
     where tenant_id = ${tenantId}
       and seq between (select min(seq) from iam.audit_seal where tenant_id = ${tenantId} and occurred_at >= ${from})
                   and (select max(seq) from iam.audit_seal where tenant_id = ${tenantId} and occurred_at < ${to})
     order by seq`.execute(tx)
  return found.rows
}

/** Where all chains ended when a head was signed. */
export async function endsAtHead(db: Executor, number: number): Promise<ChainEnd[]> {
  // From tenant to tenant by the index: there are many more ends than tenants.
  const found = await sql<ChainEnd>`
    with recursive tenant (id) as (
      select min(tenant_id) from iam.audit_head_end
      union all
      select (select min(tenant_id) from iam.audit_head_end where tenant_id > tenant.id)
        from tenant where tenant.id is not null
    ) select e.tenant_id as "tenantId", e.seq::float8 as seq, e.chain
        from tenant cross join lateral (
          select * from iam.audit_head_end
           where tenant_id = tenant.id and head <= ${number} order by head desc limit 1
        ) e`.execute(db)
  return found.rows
}

/** How chains moved on from one head to another: their ends at each head between that covers something new, in order. */
export async function endsAfterHead(
  db: Executor,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<(ChainEnd & { readonly head: number })[]> {
  const found = await sql<ChainEnd & { readonly head: number }>`
    select tenant_id as "tenantId", seq::float8 as seq, chain, head::float8 as head
      from iam.audit_head_end where head > ${after} and head <= ${upTo} order by head, tenant_id`.execute(db)
  return found.rows
}

/** Keeps where chains ended at a head, with the head. */
export async function insertHeadEnds(tx: Executor, head: number, ends: readonly ChainEnd[]): Promise<void> {
  await sql`
    insert into iam.audit_head_end (tenant_id, head, seq, chain)
    select u.tenant_id, ${head}, u.seq, u.chain
      from unnest(${ends.map(({ tenantId }) => tenantId)}::text[], ${ends.map(({ seq }) => seq)}::bigint[],
                  ${ends.map(({ chain }) => chain)}::bytea[]) u (tenant_id, seq, chain)`.execute(tx)
}

/** A signed head by its number. */
export async function headAt(db: Executor, number: number): Promise<StoredHead | undefined> {
  const found = await sql<StoredHead>`
    select number::float8 as number, minute, jws, stored from iam.audit_head where number = ${number}`.execute(
    db,
  )
  return found.rows[0]
}

/** The next seals of a tenant that stand for events of a time. Of a transaction under that tenant. */
export async function sealsOfTime(
  tx: Executor,
  wanted: {
    readonly tenantId: string
    readonly from: Date
    /** Exclusive. */
    readonly to: Date
    readonly after: number
    readonly limit: number
  },
): Promise<Seal[]> {
  const { tenantId, from, to, after, limit } = wanted
  const found = await sql<Seal>`
    select tenant_id as "tenantId", seq::float8 as seq, audit_id as "auditId", occurred_at as "occurredAt", chain,
           head::float8 as head
      from iam.audit_seal
     where tenant_id = ${tenantId} and occurred_at >= ${from} and occurred_at < ${to} and seq > ${after}
     order by seq limit ${limit}`.execute(tx)
  return found.rows
}

/** A tenant's seals by their places, both included. Of a transaction under that tenant. */
export async function sealsByPlace(
  tx: Executor,
  tenantId: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Seal[]> {
  const found = await sql<Seal>`
    select tenant_id as "tenantId", seq::float8 as seq, audit_id as "auditId", occurred_at as "occurredAt", chain,
           head::float8 as head
      from iam.audit_seal where tenant_id = ${tenantId} and seq between ${first} and ${last}
     order by seq`.execute(tx)
  return found.rows
}

/** A link of a tenant's chain. Of a transaction under that tenant. */
export async function chainAt(tx: Executor, tenantId: string, seq: number): Promise<Buffer | undefined> {
  const found = await sql<{ chain: Buffer }>`
    select chain from iam.audit_seal where tenant_id = ${tenantId} and seq = ${seq}`.execute(tx)
  return found.rows[0]?.chain
}
