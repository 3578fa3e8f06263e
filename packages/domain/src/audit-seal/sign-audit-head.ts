import type { Db } from '../db/index.ts'
import type { AnchorSigner } from '../key-set/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import type { HeadStore } from './head-store.ts'
import { digestOf, headName, signHead, type AuditHead } from './head.ts'
import { merkleRoot, type ChainEnd } from './merkle.ts'
import {
  chainEnds,
  endsAtHead,
  insertHead,
  insertHeadEnds,
  lastHead,
  markStored,
  thisMinute,
  type StoredHead,
} from './queries.ts'

export type SignAuditHead = {
  readonly db: Pick<Db, 'kysely'>
  readonly lease: HeldLease
  readonly deployment: Deployment
  readonly signer: AnchorSigner
  readonly headStore: HeadStore
}

/**
 * Signs where all chains end, once a minute, also when nothing happened: a minute without one is an alarm. The head is
 * kept in the database before it is put into the store, so that whoever is cut off in between leaves the same head to
 * be put there, and never a second one. Minutes are the database's: a machine whose clock runs ahead would sign for one
 * to come, and nobody could sign before it. @returns the head signed now; undefined when this minute has one.
 */
export async function signAuditHead(deps: SignAuditHead): Promise<AuditHead | undefined> {
  const last = await lastHead(deps.db.kysely)
  if (last?.stored === false) await store(deps, last)
  const minute = await thisMinute(deps.db.kysely)
  if (last !== undefined && last.minute >= minute) return undefined
  const { ends, moved } = await endsNow(deps.db, last)
  const head = nextHead(deps, { last, minute, ends })
  const signed = { number: head.number, minute, jws: await signHead(deps.signer, head) }
  await deps.db.kysely.transaction().execute(async (tx) => {
    await requireLease(tx, deps.lease)
    await insertHead(tx, signed)
    await insertHeadEnds(tx, signed.number, moved)
  })
  await store(deps, signed)
  return head
}

/**
 * Where all chains end now, and which of them moved since the last head. A chain that is gone, as after a restore,
 * stays where the last head had it: what one tenant lost takes no other's proof away.
 */
async function endsNow(
  { kysely }: SignAuditHead['db'],
  last: StoredHead | undefined,
): Promise<{ ends: ChainEnd[]; moved: ChainEnd[] }> {
  const before = last === undefined ? [] : await endsAtHead(kysely, last.number)
  const ends = new Map(before.map((end) => [end.tenantId, end]))
  const moved = (await chainEnds(kysely)).filter(({ tenantId, seq, chain }) => {
    const there = ends.get(tenantId)
    return there === undefined || there.seq !== seq || !there.chain.equals(chain)
  })
  for (const end of moved) ends.set(end.tenantId, end)
  return { ends: [...ends.values()], moved }
}

function nextHead(
  { deployment }: SignAuditHead,
  { last, minute, ends }: { last: StoredHead | undefined; minute: Date; ends: readonly ChainEnd[] },
): AuditHead {
  const { issuer: iss, env, region } = deployment
  return {
    iss,
    env,
    region,
    number: (last?.number ?? 0) + 1,
    minute: minute.toISOString(),
    prev: last === undefined ? null : digestOf(last.jws),
    root: merkleRoot(ends).toString('hex'),
    tenants: ends.length,
  }
}

async function store(
  { db, headStore }: SignAuditHead,
  { number, minute, jws }: Omit<StoredHead, 'stored'>,
): Promise<void> {
  await headStore.keep(headName(minute), jws)
  await markStored(db.kysely, number)
}
