import type { Db } from '@iam/domain/db'
import { settle, type Clock } from '@iam/domain/kit'
import { holdLease } from '@iam/domain/lease'
import type { Deployment, KeyWrapping } from '@iam/domain/secret-key'
import { loadSigningKeys, type SigningKeys } from '@iam/domain/signing-key'
import {
  growStatusLists,
  publishStatusLists,
  type PublishedLists,
  type StatusListStore,
} from '@iam/domain/status-list'
import { findDirectoryEntry } from '@iam/domain/tenant'

export interface StatusDeps {
  readonly db: Db
  readonly clock: Clock
  readonly owner: string
  readonly deployment: Deployment
  /** Unwraps the keys of status lists, and no other. */
  readonly wrapping: Pick<KeyWrapping, 'unwrap'>
  readonly endorsementAnchors: readonly string[]
  readonly signingKeys: SigningKeys
  readonly store: StatusListStore
  readonly published: PublishedLists
  /** How full the lists were when that was looked at last, and when that was, in milliseconds since the epoch. */
  readonly growth: { fill: number; lookedAt: number }
}

/** What the lists have come to. */
export interface StatusListState {
  readonly lists: number
  /** How many of the slots of open lists are taken, from 0 to 1. */
  readonly fill: number
  readonly built: number
  /** When the oldest list was signed, in seconds since the epoch. */
  readonly oldest: number
}

const leaseSeconds = 30
/** How often it is looked at how full the lists are, in milliseconds. */
const lookEvery = 30_000

/**
 * One round of the status lists, by the one worker that holds the lease: another list where they fill, and then those
 * that changed or are due. @returns undefined on any other worker.
 * @throws while no key signs status lists.
 */
export async function tendStatusLists(deps: StatusDeps): Promise<StatusListState | undefined> {
  const { kysely } = deps.db
  const lease = await holdLease(kysely, { name: 'status', owner: deps.owner, ttl: leaseSeconds })
  if (lease === undefined) return undefined
  const system = await findDirectoryEntry(kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet: run `iam bootstrap` first.')
  // While KMS is away, a key that is held goes on.
  const loaded = await settle([loadSigningKeys({ ...deps, purpose: 'status' })])
  const signer = deps.signingKeys.signer(deps.clock())
  if (signer === undefined && loaded.failure !== undefined) throw loaded.failure.reason
  if (signer === undefined) throw new Error('No key signs status lists yet.')
  // What keeps a list from being added keeps none of the others back.
  const grown = await settle([growIfDue({ ...deps, lease, systemTenantId: system.tenantId })])
  const { lists, built } = await publishStatusLists({ ...deps, lease, signer })
  const failure = grown.failure ?? loaded.failure
  if (failure !== undefined) throw failure.reason
  return { lists, fill: deps.growth.fill, built, oldest: deps.published.oldest ?? 0 }
}

async function growIfDue(deps: StatusDeps & Parameters<typeof growStatusLists>[0]): Promise<void> {
  const now = deps.clock().getTime()
  const since = now - deps.growth.lookedAt
  if (since >= 0 && since < lookEvery) return
  const { fill } = await growStatusLists(deps)
  Object.assign(deps.growth, { fill, lookedAt: now })
}
