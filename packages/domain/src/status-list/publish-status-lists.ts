import { randomInt } from 'node:crypto'
import type { Db } from '../db/index.ts'
import { settle, type Clock, type Settled } from '../kit/index.ts'
import type { HeldLease } from '../lease/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { listRevokedKids } from '../signing-key/index.ts'
import {
  packStatuses,
  signStatusList,
  statusListId,
  statusListTimes,
  statusListUri,
  type StatusListClaims,
  type StatusListSigner,
} from '../status-list-token/index.ts'
import type { PublishedLists } from './published-lists.ts'
import { openLists, readListChanges, readRevokedSlots } from './queries.ts'
import type { StatusListStore } from './status-list-store.ts'

export type PublishStatusLists = {
  readonly db: Pick<Db, 'kysely'>
  readonly clock: Clock
  readonly deployment: Deployment
  readonly lease: HeldLease
  readonly store: StatusListStore
  readonly signer: StatusListSigner
  readonly published: PublishedLists
}

/** What a round came to. */
export interface StatusListRound {
  readonly lists: number
  /** The lists that were built and written, and their bytes. */
  readonly built: number
  readonly bytes: number
}

/** Lists that are built together: one question to Postgres, and writes at the same time. */
const atATime = 16
/** How far ahead of a reader's clock a list may be issued, in seconds. */
const skewSeconds = 60
/** Seconds between a new list's publication and its first slot, in which whoever heard that there is none forgets it. */
const openAfter = 15

/**
 * Publishes each status list that changed or is due: a slot was revoked, a key was given up, another key signs, or
 * half of its life is over. A round that finds nothing asks Postgres twice and the store nothing. Each list is written
 * on the generation that was known before its slots were read, so that a worker that was held up cannot put back an
 * older one. Cut off anywhere, the next round is right.
 * @throws the first failure; what it left undone is due in the next round.
 */
export async function publishStatusLists(deps: PublishStatusLists): Promise<StatusListRound> {
  const { db, published, lease } = deps
  published.under(lease.epoch)
  const { cursor, shards, closed, changed } = await readListChanges(db.kysely, published.cursor)
  published.change(changed)
  published.cursor = cursor
  const denied = await listRevokedKids(db.kysely)
  const says = [deps.signer.kid, ...denied].join(' ')
  const now = deps.clock().getTime()
  const due = shards.filter((shard) => published.isDue(shard, { now, says }))
  const { bytes, failure } = await publishAll(deps, due, { denied, says })
  await openPublished(deps, closed)
  if (failure !== undefined) throw failure.reason
  return { lists: shards.length, built: due.length, bytes }
}

/** Batch by batch, until one comes to nothing at all. @returns the bytes that were written, and the first failure. */
async function publishAll(deps: PublishStatusLists, due: readonly number[], common: Common) {
  let bytes = 0
  let first: Settled<number>['failure']
  for (let from = 0; from < due.length; from += atATime) {
    const { done, failure } = await publishBatch(deps, due.slice(from, from + atATime), common)
    bytes += done.reduce((sum, size) => sum + size, 0)
    first ??= failure
    if (done.length === 0) break
  }
  return { bytes, failure: first }
}

/** In their order, because slots are taken of the first ones: none opens before one below it. */
async function openPublished(
  { db, published }: PublishStatusLists,
  closed: readonly number[],
): Promise<void> {
  const waiting = closed.findIndex((shard) => published.get(shard) === undefined)
  const ready = waiting === -1 ? closed : closed.slice(0, waiting)
  if (ready.length > 0) await openLists(db.kysely, ready, openAfter)
}

type Common = { readonly denied: readonly string[]; readonly says: string }

/** One list that cannot be read or written holds up no other. */
async function publishBatch(
  deps: PublishStatusLists,
  shards: readonly number[],
  common: Common,
): Promise<Settled<number>> {
  const stored = shards.map((shard) => lastOf(deps, shard))
  await Promise.allSettled(stored)
  const revoked = await readRevokedSlots(deps.db.kysely, shards)
  return settle(
    shards.map((shard, index) =>
      publishOne(deps, { ...common, shard, last: stored[index], revoked: revoked.get(shard) ?? [] }),
    ),
  )
}

type Last = { readonly generation: string; readonly iat: number }

/** What is stored: as this worker knows it, or as it is found. */
async function lastOf({ store, deployment, published }: PublishStatusLists, shard: number): Promise<Last> {
  const known = published.get(shard)
  if (known !== undefined) return known
  const found = await store.read(statusListId(deployment.region, shard))
  return found === undefined
    ? { generation: '0', iat: 0 }
    : { generation: found.generation, iat: issuedAt(found.body.toString()) }
}

function issuedAt(document: string): number {
  try {
    const payload = Buffer.from(document.split('.')[1] ?? '', 'base64url').toString()
    const { iat } = JSON.parse(payload) as { iat?: unknown }
    return typeof iat === 'number' ? iat : 0
  } catch {
    return 0 // whatever stands there is no list of ours, and is written over
  }
}

type One = Common & {
  readonly shard: number
  readonly last: Promise<Last> | undefined
  readonly revoked: readonly number[]
}

async function publishOne(deps: PublishStatusLists, list: One): Promise<number> {
  const { deployment, store, signer, published } = deps
  const { shard, says } = list
  const last = await list.last
  const now = deps.clock().getTime()
  const claims = claimsOf(deps, list, issuedNow(now, last))
  const document = await signStatusList(signer, claims)
  try {
    const id = statusListId(deployment.region, shard)
    const generation = await store.write(id, document, last?.generation ?? '0')
    // Not all at the same moment.
    const dueAt = now + statusListTimes.lifetime * 500 - randomInt(statusListTimes.lifetime * 100)
    published.published(shard, { generation, iat: claims.iat, says, dueAt })
    return document.length
  } catch (error) {
    published.forget(shard)
    throw error
  }
}

/** Never before the last one, which would be refused; but for one of a time to come, which nobody has taken. */
function issuedNow(now: number, last: Last | undefined): number {
  const seconds = Math.floor(now / 1000)
  const before = last?.iat ?? 0
  return before > seconds + skewSeconds ? seconds : Math.max(seconds, before)
}

function claimsOf({ deployment }: PublishStatusLists, list: One, iat: number): StatusListClaims {
  return {
    sub: statusListUri(deployment.issuer, statusListId(deployment.region, list.shard)),
    iat,
    exp: iat + statusListTimes.lifetime,
    ttl: statusListTimes.ttl,
    status_list: { bits: 1, lst: packStatuses(list.revoked) },
    denied_kids: list.denied,
  }
}
