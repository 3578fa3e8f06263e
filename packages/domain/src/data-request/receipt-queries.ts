import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { AskedBy } from './data-request.ts'
import type { ErasureReceipt } from './erasure-receipt.ts'

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** Keeps the receipt of an erasure. */
export async function insertReceipt(
  db: Executor,
  {
    tenantId,
    userId,
    askedBy,
    causationId,
    at,
    receipt,
  }: Person & {
    readonly askedBy: AskedBy
    readonly causationId: string | undefined
    readonly at: Date
    readonly receipt: ErasureReceipt
  },
): Promise<void> {
  await sql`
    insert into iam.data_request
      (tenant_id, id, user_id, kind, asked_by, asked_at, completed_at, causation_id, receipt)
    values (${tenantId}, ${receipt.id}, ${userId}, 'erasure', ${askedBy}, ${at}, ${at}, ${causationId ?? null},
            ${JSON.stringify(receipt)}::jsonb)`.execute(db)
}

/** The receipt of a person’s erasure. @returns undefined for who was not erased. */
export async function receiptOf(
  db: Executor,
  { tenantId, userId }: Person,
): Promise<ErasureReceipt | undefined> {
  const found = await sql<{ receipt: ErasureReceipt }>`
    select receipt from iam.data_request
     where tenant_id = ${tenantId} and user_id = ${userId} and kind = 'erasure'`.execute(db)
  return found.rows[0]?.receipt
}
