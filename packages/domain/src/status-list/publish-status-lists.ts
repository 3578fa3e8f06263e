import { randomInt } from 'node:crypto'
import type { Db } from '../db/index.ts'
import { settle, type Clock } from '../kit/index.ts'
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
  const { cursor, shards, changed } = await readListChanges(db.kysely, published.cursor)
  published.change(changed)
  published.cursor = cursor
  const denied = await listRevokedKids(db.kysely)
  const says = [deps.signer.kid, ...denied].join(' ')
  const now = deps.clock().getTime()
  const due = shards.filter((shard) => published.isDue(shard, { now, says }))
  let bytes = 0
  for (let from = 0; from < due.length; from += atATime) {
    bytes += await publishBatch(deps, due.slice(from, from + atATime), { denied, says })
  }
  return { lists: shards.length, built: due.length, bytes }
}

type Common = { readonly denied: readonly string[]; readonly says: string }

async function publishBatch(deps: PublishStatusLists, shards: number[], common: Common): Promise<number> {
  const strange = shards.filter((shard) => deps.published.get(shard) === undefined)
  const stored = await Promise.all(shards.map((shard) => lastOf(deps, shard)))
  const revoked = await readRevokedSlots(deps.db.kysely, shards)
  const { done, failure } = await settle(
    shards.map((shard, index) =>
      publishOne(deps, { ...common, shard, last: stored[index], revoked: revoked.get(shard) ?? [] }),
    ),
  )
  if (failure !== undefined) throw failure.reason
  if (strange.length > 0) await openLists(deps.db.kysely, strange, openAfter)
  return done.reduce((sum, bytes) => sum + bytes, 0)
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
  readonly last: Last | undefined
  readonly revoked: readonly number[]
}

async function publishOne(deps: PublishStatusLists, list: One): Promise<number> {
  const { deployment, store, signer, published } = deps
  const { shard, last, says } = list
  const now = deps.clock().getTime()
  const claims = claimsOf(deps, list, Math.max(Math.floor(now / 1000), last?.iat ?? 0))
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
