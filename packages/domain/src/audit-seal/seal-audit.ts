import { readAuditAfter, readForeignAudit, type AuditPosition, type KeyedRow } from '../audit/index.ts'
import type { Db, Executor } from '../db/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import { chainLink, chainStart } from './chain.ts'
import type { ChainEnd } from './merkle.ts'
import {
  chainEnds,
  insertSeals,
  lastHead,
  moveSealer,
  sealedOf,
  settleSealer,
  type Seal,
  type Sealer,
} from './queries.ts'
import { settleHere } from './settle-here.ts'

const batchSize = 1000

/**
 * Gives every event that no running transaction can come before its place in its tenant's chain, batch by batch. Cut
 * off anywhere, the next run goes on where this one was: events, chains and cursor move in one transaction, and only
 * while the lease is ours. In another cluster, after a restore, it goes on with what that brought and was not sealed.
 * @returns how many were sealed.
 */
export async function sealAudit(deps: {
  readonly db: Pick<Db, 'kysely'>
  readonly lease: HeldLease
}): Promise<number> {
  let sealed = 0
  for (;;) {
    const batch = await deps.db.kysely.transaction().execute(async (tx) => {
      await requireLease(tx, deps.lease)
      return sealBatch(tx)
    })
    sealed += batch.sealed
    if (batch.isLast) return sealed
  }
}

async function sealBatch(tx: Executor): Promise<{ sealed: number; isLast: boolean }> {
  const sealer = await settleHere(tx)
  if (sealer.adopted !== undefined) return adoptBatch(tx, { ...sealer, adopted: sealer.adopted })
  const rows = await readAuditAfter(tx, sealer.position, batchSize)
  const last = rows.at(-1)
  if (last === undefined) return { sealed: 0, isLast: true }
  const isAmongForeign = BigInt(sealer.position.xid) <= BigInt(sealer.foreignTo)
  const sealed = await sealRows(tx, isAmongForeign ? await unsealed(tx, rows) : rows)
  await moveSealer(tx, last)
  return { sealed, isLast: rows.length < batchSize }
}

/** Events of another cluster, whose transaction ids say nothing of their order among those of this one. */
async function adoptBatch(
  tx: Executor,
  sealer: Sealer & { readonly adopted: AuditPosition },
): Promise<{ sealed: number; isLast: boolean }> {
  const rows = await readForeignAudit(tx, sealer.adopted, batchSize)
  const sealed = await sealRows(tx, await unsealed(tx, rows))
  await settleSealer(tx, { ...sealer, adopted: rows.at(-1) })
  return { sealed, isLast: false }
}

async function unsealed(tx: Executor, rows: readonly KeyedRow[]): Promise<readonly KeyedRow[]> {
  const sealed = await sealedOf(tx, rows)
  return rows.filter(({ id }) => !sealed.has(id))
}

async function sealRows(tx: Executor, rows: readonly KeyedRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const tenantIds = [...new Set(rows.map(({ tenantId }) => tenantId))]
  const ends = new Map((await chainEnds(tx, tenantIds)).map((end) => [end.tenantId, end]))
  const head = ((await lastHead(tx))?.number ?? 0) + 1
  const seals = rows.map((row) => {
    const seal = { ...nextLink(ends.get(row.tenantId), row), head }
    ends.set(row.tenantId, seal)
    return seal
  })
  await insertSeals(tx, seals, [...ends.values()])
  return rows.length
}

function nextLink(end: ChainEnd | undefined, row: KeyedRow): Omit<Seal, 'head'> {
  const { tenantId, id: auditId, occurredAt } = row
  const seq = (end?.seq ?? 0) + 1
  const chain = chainLink(end?.chain ?? chainStart(tenantId), seq, row)
  return { tenantId, seq, auditId, occurredAt, chain }
}
