import { readAuditAfter, type KeyedRow } from '../audit/index.ts'
import type { Db, Executor } from '../db/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import { chainLink, chainStart } from './chain.ts'
import type { ChainEnd } from './merkle.ts'
import { chainEnds, insertSeals, lastHead, moveSealer, sealerPosition, type Seal } from './queries.ts'

const batchSize = 1000

/**
 * Gives every event that no running transaction can come before its place in its tenant's chain, batch by batch. Cut
 * off anywhere, the next run goes on where this one was: events, chains and cursor move in one transaction, and only
 * while the lease is ours. @returns how many were sealed.
 */
export async function sealAudit(deps: {
  readonly db: Pick<Db, 'kysely'>
  readonly lease: HeldLease
}): Promise<number> {
  let sealed = 0
  for (;;) {
    const count = await deps.db.kysely.transaction().execute(async (tx) => {
      await requireLease(tx, deps.lease)
      return sealBatch(tx)
    })
    sealed += count
    if (count < batchSize) return sealed
  }
}

async function sealBatch(tx: Executor): Promise<number> {
  const rows = await readAuditAfter(tx, await sealerPosition(tx), batchSize)
  const last = rows.at(-1)
  if (last === undefined) return 0
  const tenantIds = [...new Set(rows.map(({ tenantId }) => tenantId))]
  const ends = new Map((await chainEnds(tx, tenantIds)).map((end) => [end.tenantId, end]))
  const head = ((await lastHead(tx))?.number ?? 0) + 1
  const seals = rows.map((row) => {
    const seal = { ...nextLink(ends.get(row.tenantId), row), head }
    ends.set(row.tenantId, seal)
    return seal
  })
  await insertSeals(tx, seals, [...ends.values()])
  await moveSealer(tx, last)
  return rows.length
}

function nextLink(end: ChainEnd | undefined, row: KeyedRow): Omit<Seal, 'head'> {
  const { tenantId, id: auditId, occurredAt } = row
  const seq = (end?.seq ?? 0) + 1
  const chain = chainLink(end?.chain ?? chainStart(tenantId), seq, row)
  return { tenantId, seq, auditId, occurredAt, chain }
}
