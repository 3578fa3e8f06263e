import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import { newId, type Id, type RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { otherStores, personalTables, remainsOf, type Person, type Trace } from '../personal-data/index.ts'
import type { AskedBy } from './data-request.ts'
import type { ErasureReceipt } from './erasure-receipt.ts'
import { insertReceipt } from './receipt-queries.ts'

/** Whoever asked for an erasure, for audit and event. */
export interface AskedErasure {
  readonly askedBy: AskedBy
  readonly actor: { readonly type: 'user' | 'operator' | 'system'; readonly id?: string }
  readonly origin: Pick<RequestOrigin, 'requestId' | 'traceparent'>
  readonly causationId?: string | undefined
}

/**
 * Writes the receipt of an erasure, in its transaction, after making sure by the registry that nothing was left.
 * @param before what the stores had. @throws when something is left: then nothing was erased.
 */
export async function recordErasure(
  tx: Executor,
  {
    person,
    at,
    before,
    asked,
  }: {
    readonly person: Person
    readonly at: Date
    readonly before: readonly Trace[]
    readonly asked: AskedErasure
  },
): Promise<void> {
  const { tenantId, userId } = person
  const left = await remainsOf(tx, person)
  if (left.length > 0)
    throw new Error(`An erasure left something in ${left.map(({ table }) => table).join(', ')}.`)
  const { askedBy, causationId, actor, origin } = asked
  const receipt = receiptFor(person, at, before)
  await insertReceipt(tx, { tenantId, userId, askedBy, causationId, at, receipt })
  const target = { type: 'user', id: userId }
  const audit = { tenantId, at, actor, target, outcome: 'success', origin } as const
  await run(tx, appendAudit({ ...audit, action: 'dsar.completed', reason: receipt.id }))
  await tellOfErasure(tx, { person, id: receipt.id, at, origin, causationId })
}

/** Tells who asked that somebody is forgotten: the same again for who asks again. */
export async function tellOfErasure(
  tx: Executor,
  {
    person: { tenantId, userId },
    id: requestId,
    at,
    origin,
    causationId,
  }: {
    readonly person: Pick<Person, 'tenantId' | 'userId'>
    readonly id: Id<'dsr'>
    readonly at: Date
    readonly origin: AskedErasure['origin']
    readonly causationId: string | undefined
  },
): Promise<void> {
  const event = { type: 'dsar.completed', payload: { requestId, userId, kind: 'erasure' } } as const
  const caused = causationId === undefined ? {} : { causationId }
  await run(tx, appendEvent({ tenantId, at, origin, aggregateId: userId, event, ...caused }))
}

function receiptFor({ userId }: Person, at: Date, before: readonly Trace[]): ErasureReceipt {
  const found = new Map(before.map(({ table, rows }) => [table, rows]))
  const erasedAt = at.toISOString()
  return {
    id: newId('dsr', at),
    userId,
    erasedAt,
    keyDestroyedAt: erasedAt,
    stores: personalTables.flatMap(([table, { section, erasure }]) => {
      const records = found.get(table)
      if (records === undefined) return []
      return [{ store: section, records, became: erasure === 'deleted' ? 'deleted' : 'blanked' }]
    }),
    kept: personalTables.flatMap(([, { section, erasure }]) =>
      erasure === 'deleted' ? [] : [{ store: section, because: erasure.kept }],
    ),
    elsewhere: Object.entries(otherStores).map(([store, { erased }]) => ({ store, became: erased })),
  }
}
