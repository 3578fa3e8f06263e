import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import { newId, type Id } from '../kit/index.ts'
import type { AskedBy, StoredExport } from './data-request.ts'

type Named = { readonly tenantId: Id<'ten'>; readonly id: Id<'dsr'> }
type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

const columns = sql`tenant_id as "tenantId", id, user_id as "userId", kind, asked_at as "askedAt",
  causation_id as "causationId", object, sealed, completed_at as "completedAt", expires_at as "expiresAt",
  ended_at as "endedAt", downloads`

/** Adds an export to be made. @returns undefined where one is waiting already. */
export async function insertExport(
  db: Executor,
  {
    tenantId,
    userId,
    askedBy,
    at,
    causationId,
  }: Person & { readonly askedBy: AskedBy; readonly at: Date; readonly causationId?: string | undefined },
): Promise<Id<'dsr'> | undefined> {
  const added = await sql<{ id: Id<'dsr'> }>`
    insert into iam.data_request (tenant_id, id, user_id, kind, asked_by, asked_at, due_at, causation_id)
    values (${tenantId}, ${newId('dsr', at)}, ${userId}, 'export', ${askedBy}, ${at}, ${at}, ${causationId ?? null})
    on conflict (tenant_id, user_id) where kind = 'export' and completed_at is null and ended_at is null do nothing
    returning id`.execute(db)
  return added.rows[0]?.id
}

/** The person’s export that is not made yet. */
export async function waitingExport(
  db: Executor,
  { tenantId, userId }: Person,
): Promise<Id<'dsr'> | undefined> {
  const found = await sql<{ id: Id<'dsr'> }>`
    select id from iam.data_request where tenant_id = ${tenantId} and user_id = ${userId}
       and kind = 'export' and completed_at is null and ended_at is null`.execute(db)
  return found.rows[0]?.id
}

/** A person’s requests, the newest first. */
export async function requestsOf(
  db: Executor,
  { tenantId, userId, limit }: Person & { readonly limit: number },
): Promise<StoredExport[]> {
  const found = await sql<StoredExport>`
    select ${columns} from iam.data_request where tenant_id = ${tenantId} and user_id = ${userId}
     order by asked_at desc, id desc limit ${limit}`.execute(db)
  return found.rows
}

/** What is due, of all tenants, the longest due first. For iam-worker, which sees that and no more. */
export async function findDue(
  db: Executor,
  limit: number,
): Promise<(Named & Pick<StoredExport, 'completedAt' | 'endedAt'>)[]> {
  const found = await sql<Named & Pick<StoredExport, 'completedAt' | 'endedAt'>>`
    select tenant_id as "tenantId", id, completed_at as "completedAt", ended_at as "endedAt" from iam.data_request
     where due_at is not null and due_at <= iam.now() order by due_at limit ${limit}`.execute(db)
  return found.rows
}

/** A request, locked until the transaction ends. */
export async function lockRequest(db: Executor, { tenantId, id }: Named): Promise<StoredExport | undefined> {
  const found = await sql<StoredExport>`
    select ${columns} from iam.data_request where tenant_id = ${tenantId} and id = ${id} for update`.execute(
    db,
  )
  return found.rows[0]
}

/** A request by its id. */
export async function findRequest(db: Executor, { tenantId, id }: Named): Promise<StoredExport | undefined> {
  const found = await sql<StoredExport>`
    select ${columns} from iam.data_request where tenant_id = ${tenantId} and id = ${id}`.execute(db)
  return found.rows[0]
}

/** The export that a link is of. */
export async function exportByToken(
  db: Executor,
  { tenantId, tokenHash }: { readonly tenantId: Id<'ten'>; readonly tokenHash: Buffer },
): Promise<StoredExport | undefined> {
  const found = await sql<StoredExport>`
    select ${columns} from iam.data_request where tenant_id = ${tenantId} and token_hash = ${tokenHash}`.execute(
    db,
  )
  return found.rows[0]
}

/** Takes an export to be made until `until`: nobody else begins it, nor deletes its files, before. */
export async function takeExport(
  db: Executor,
  { tenantId, id, until }: Named & { readonly until: Date },
): Promise<void> {
  await sql`update iam.data_request set due_at = ${until} where tenant_id = ${tenantId} and id = ${id}`.execute(
    db,
  )
}

/** Keeps what opens an export, and where its files will be, so that making it again makes the same. */
export async function keepSecrets(
  db: Executor,
  {
    tenantId,
    id,
    object,
    sealed,
    tokenHash,
  }: Named & { readonly object: string; readonly sealed: Buffer; readonly tokenHash: Buffer },
): Promise<void> {
  await sql`
    update iam.data_request set object = ${object}, sealed = ${sealed}, token_hash = ${tokenHash}
     where tenant_id = ${tenantId} and id = ${id}`.execute(db)
}

/** Says that an export is made. @returns false when somebody said so before, or it was ended meanwhile. */
export async function completeExport(
  db: Executor,
  { tenantId, id, at, expiresAt }: Named & { readonly at: Date; readonly expiresAt: Date },
): Promise<boolean> {
  const done = await sql`
    update iam.data_request set completed_at = ${at}, expires_at = ${expiresAt}, due_at = ${expiresAt}
     where tenant_id = ${tenantId} and id = ${id} and completed_at is null and ended_at is null
    returning id`.execute(db)
  return done.rows.length === 1
}

/** Counts a download. @returns false when there can be none any more. */
export async function countDownload(
  db: Executor,
  { tenantId, id, at, most }: Named & { readonly at: Date; readonly most: number },
): Promise<boolean> {
  const counted = await sql`
    update iam.data_request set downloads = downloads + 1
     where tenant_id = ${tenantId} and id = ${id} and ended_at is null and expires_at > ${at} and downloads < ${most}
    returning id`.execute(db)
  return counted.rows.length === 1
}

/** Ends a person’s exports: nothing opens them from now on, and iam-worker deletes their files. */
export async function endExportsOf(
  db: Executor,
  { tenantId, userId, at }: Person & { readonly at: Date },
): Promise<void> {
  await sql`
    update iam.data_request
       set ended_at = ${at}, sealed = null, due_at = case when completed_at is null then greatest(due_at, ${at}) else ${at} end
     where tenant_id = ${tenantId} and user_id = ${userId} and kind = 'export' and ended_at is null
       and due_at is not null`.execute(db)
}

/** Takes what could open a person’s exports off all of them. */
export async function blankTokens(db: Executor, { tenantId, userId }: Person): Promise<void> {
  await sql`
    update iam.data_request set token_hash = null, sealed = null
     where tenant_id = ${tenantId} and user_id = ${userId}`.execute(db)
}

/** Says that an export’s files are gone. */
export async function settleExport(
  db: Executor,
  { tenantId, id, at }: Named & { readonly at: Date },
): Promise<void> {
  await sql`
    update iam.data_request set due_at = null, sealed = null, ended_at = coalesce(ended_at, ${at})
     where tenant_id = ${tenantId} and id = ${id} and due_at <= ${at}`.execute(db)
}
