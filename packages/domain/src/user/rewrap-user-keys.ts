import { appendAudit } from '../audit/index.ts'
import { inTenant, run, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { rewrapUserKey, type SealedUserKey } from './personal.ts'
import { findSupersededKeys, lockUserKeys, replaceUserKeys, type SupersededKey } from './key-queries.ts'

export interface RewrapUserKeys {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly lease: HeldLease
  /** Whether the data key that makes now can be had by everybody: asked before the first of them is used. */
  readonly isReady: (version: number) => Promise<boolean>
}

/** What came of a round: people whose keys were sealed anew, and those whose keys do not open. */
export interface Rewrapped {
  readonly done: number
  readonly unreadable: readonly Id<'usr'>[]
}

const batch = 500

/**
 * Seals people's keys anew that an older version of the data key seals: what is sealed under them stays as it is. In
 * batches, each tenant's share in a transaction of its own with its audit. Nobody's key is made by it: who was erased
 * meanwhile stays erased. Cut off anywhere, the next round goes on. A key that does not open is left as it is.
 * @param batches at most so many in this round.
 */
export async function rewrapUserKeys(
  deps: RewrapUserKeys,
  { batches }: { batches: number },
): Promise<Rewrapped> {
  const { version } = deps.secrets.of('data').current(deps.clock())
  const unreadable: Id<'usr'>[] = []
  let done = 0
  for (let n = 0; n < batches; n += 1) {
    const wanted = { version, except: unreadable, limit: batch }
    const found = await findSupersededKeys(deps.db.kysely, wanted)
    if (found.length === 0 || (n === 0 && !(await deps.isReady(version)))) break
    for (const [tenantId, userIds] of byTenant(found)) {
      const rewrapped = await rewrapShare(deps, { tenantId, userIds, version })
      done += rewrapped.done
      unreadable.push(...rewrapped.unreadable)
    }
  }
  return { done, unreadable }
}

function byTenant(found: readonly SupersededKey[]): Map<Id<'ten'>, Id<'usr'>[]> {
  const shares = new Map<Id<'ten'>, Id<'usr'>[]>()
  for (const { tenantId, userId } of found) shares.set(tenantId, [...(shares.get(tenantId) ?? []), userId])
  return shares
}

interface Share {
  readonly tenantId: Id<'ten'>
  readonly userIds: readonly Id<'usr'>[]
  readonly version: number
}

async function rewrapShare(deps: RewrapUserKeys, share: Share): Promise<Rewrapped> {
  const { tenantId, version } = share
  return inTenant(deps.db, { tenantId }, async (tx) => {
    await requireLease(tx, deps.lease)
    const { anew, unreadable } = sealAnew(deps, await lockUserKeys(tx, share))
    if (anew.length === 0) return { done: 0, unreadable }
    await replaceUserKeys(tx, tenantId, anew)
    await run(tx, rewrapAudit({ tenantId, version, at: deps.clock() }))
    return { done: anew.length, unreadable }
  })
}

type OwnedKey = SealedUserKey & { readonly userId: Id<'usr'> }

function sealAnew({ secrets, clock }: RewrapUserKeys, keys: readonly OwnedKey[]) {
  const anew: OwnedKey[] = []
  const unreadable: Id<'usr'>[] = []
  for (const userKey of keys) {
    const { userId } = userKey
    try {
      const sealed = rewrapUserKey(secrets.of('data'), { userId, userKey }, clock())
      if (sealed !== undefined) anew.push({ ...sealed, userId })
    } catch {
      unreadable.push(userId)
    }
  }
  return { anew, unreadable }
}

function rewrapAudit({ tenantId, version, at }: { tenantId: Id<'ten'>; version: number; at: Date }) {
  return appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: 'user_key.rewrapped',
    target: { type: 'secret_key', id: `data/${version}` },
    outcome: 'success',
  })
}
