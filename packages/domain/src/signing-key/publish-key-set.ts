import { sql } from 'kysely'
import { recordSwitch, type AnchorRotation } from '../anchor-rotation/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { buildKeySet, type AnchorSigner, type KeySetClaims } from '../key-set/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { contentsOf, dueOf, hasTheSameKeys, nextAnchor, type Contents } from './key-set-contents.ts'
import type { KeySetStore } from './key-set-store.ts'
import { publishHistory, type HistorySettings } from './publish-history.ts'
import type { SigningKeyPolicy } from './plan-signing-keys.ts'
import { markPublished, type SigningKeyRow } from './queries.ts'
import type { RegionPins } from './region-parts.ts'
import { recordKeyStep } from './tend-signing-keys.ts'

/** How far ahead of a reader's clock a key set may be issued, in seconds. */
const skewSeconds = 60

export type PublishKeySet = {
  readonly db: Db
  readonly clock: Clock
  /** What signs the set while no anchor has followed another, or since one did. */
  readonly publisher: AnchorSigner
  /** Opens what is to sign it next. Asked only when a rotation of anchors says so. */
  readonly spare?: () => Promise<AnchorSigner>
  readonly keySetStore: KeySetStore
  readonly deployment: Deployment
  readonly lease: HeldLease
  readonly systemTenantId: Id<'ten'>
  /** How long keys live, which tells when the next one is to sign. Without it, nothing is said of that. */
  readonly policy?: SigningKeyPolicy
  /** Where the keys that have ended are published. Without it they are not. */
  readonly history?: HistorySettings
  /** The other regions whose keys count. Without it, this region is alone. */
  readonly regions?: RegionPins
  /** Seconds that a document may be served, and after which it is signed anew. */
  readonly lifetime: number
  readonly resignAfter: number
}

/**
 * Publishes the key set when what it says changed or it is due to be signed anew: first to the store, conditionally
 * on what is there, and then in the database, which is when new keys count as published. Cut off in between,
 * the next run publishes again. @returns the claims published, or undefined when nothing was due.
 */
export async function publishKeySet(deps: PublishKeySet): Promise<KeySetClaims | undefined> {
  if (!(await isDue(deps))) return undefined
  // What stands in the store is read before the keys are listed: whoever publishes in between makes our write
  // fail, and so a worker that was held up cannot put back a set without the newest keys.
  const stored = await deps.keySetStore.read()
  await inTenant(deps.db, { tenantId: deps.systemTenantId }, (tx) => requireLease(tx, deps.lease))
  const contents = await contentsOf(deps)
  const { claims, document } = await build(deps, contents)
  await deps.keySetStore.write(Buffer.from(document), stored?.generation ?? '0')
  const keys = [...contents.keys, ...contents.statusKeys]
  await recordPublished(deps, { keys, due: contents.anchors.due, claims, document })
  return claims
}

/** Signs what the set has to say, and before it the keys that have ended, which the set names. */
async function build(deps: PublishKeySet, contents: Contents) {
  const { db, deployment, lifetime } = deps
  const { issuer, region } = deployment
  const { rotations, databaseTime, anchors, merged, nextRotation } = contents
  const publisher = await signerOf(deps, anchors.current)
  const ended = { kysely: db.kysely, publisher, deployment, rotations, now: databaseTime }
  const history = deps.history && (await publishHistory(deps.history, ended))
  const last = await lastPublished(db.kysely, region)
  const now = deps.clock()
  const version = Math.max(now.getTime(), (last?.version ?? 0) + 1)
  return buildKeySet(publisher, {
    issuer,
    region,
    ...merged,
    nextRotation,
    nextAnchor: anchors.announced && nextAnchor(anchors.announced),
    retiredAnchors: anchors.retired,
    history,
    // Where others moved alone, this region's part stays: regions would answer one another for ever.
    parts: { ...contents.others.parts, [region]: partOf(deps, last, contents) ?? version },
    version,
    now,
    lifetime,
  })
}

/** The version of this region's part while nothing of its own is due. */
function partOf(deps: PublishKeySet, last: KeySetClaims | undefined, contents: Contents): number | undefined {
  if (last === undefined || isAged(deps, last)) return undefined
  return dueOf(last, contents) === 'others' ? last.parts[deps.deployment.region] : undefined
}

async function isDue(deps: PublishKeySet): Promise<boolean> {
  const contents = await contentsOf(deps)
  const last = await lastPublished(deps.db.kysely, deps.deployment.region)
  if (dueOf(last, contents) !== 'nothing') return true
  return last !== undefined && contents.keys.length > 0 && isAged(deps, last)
}

/** Also one of a time to come, from a clock that ran ahead: nobody takes it. */
function isAged({ clock, resignAfter }: PublishKeySet, { iat }: KeySetClaims): boolean {
  const age = clock().getTime() / 1000 - iat
  return age >= resignAfter || age < -skewSeconds
}

/** The one of the configured anchors whose turn it is. @throws when it is none of them. */
async function signerOf({ publisher, spare }: PublishKeySet, current = publisher.kid): Promise<AnchorSigner> {
  if (publisher.kid === current) return publisher
  const other = await spare?.()
  if (other?.kid === current) return other
  throw new Error(`The key set is to be signed by ${current}, which is neither configured key that signs it.`)
}

async function lastPublished(db: Executor, region: string): Promise<KeySetClaims | undefined> {
  const found = await db
    .selectFrom('iam.key_set_version')
    .select('document')
    .where('region', '=', region)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  const payload = found?.document.split('.')[1]
  if (payload === undefined) return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as KeySetClaims
}

interface Published {
  readonly keys: readonly SigningKeyRow[]
  readonly claims: KeySetClaims
  readonly document: string
  /** The rotation of anchors that it completes. */
  readonly due: AnchorRotation | undefined
}

async function recordPublished(
  deps: PublishKeySet,
  { keys, claims, document, due }: Published,
): Promise<void> {
  const { systemTenantId: tenantId } = deps
  const fresh = keys.filter((key) => key.state === 'pending')
  const told = [...fresh.map(({ id }) => id), ...(due === undefined ? [] : [due.to])]
  const streams = told.map((id) => streamKey(tenantId, id))
  await inTenant(deps.db, { tenantId, streams }, async (tx) => {
    await requireLease(tx, deps.lease)
    const last = await lastPublished(tx, deps.deployment.region)
    const changed = last === undefined || !hasTheSameKeys(last, claims)
    await insertKeySetVersion(tx, deps.deployment.region, { claims, document, changed })
    if (due !== undefined) await recordSwitch(tx, due, { tenantId, at: deps.clock() })
    if (fresh.length === 0) return
    const moved = await markPublished(
      tx,
      fresh.map((key) => key.kid),
    )
    for (const key of fresh.filter(({ id }) => moved.includes(id))) {
      const event = { type: 'signing_key.published', payload: { kid: key.kid, alg: key.alg } } as const
      const steps = recordKeyStep({ tenantId, at: deps.clock(), key, did: 'published', event })
      for (const statement of steps) await run(tx, statement)
    }
  })
}

async function insertKeySetVersion(
  tx: Executor,
  region: string,
  { claims, document, changed }: { claims: KeySetClaims; document: string; changed: boolean },
): Promise<void> {
  await tx
    .insertInto('iam.key_set_version')
    .values({
      version: claims.version,
      region,
      issued_at: sql<Date>`to_timestamp(${claims.iat})`,
      expires_at: sql<Date>`to_timestamp(${claims.exp})`,
      document,
      changed,
    })
    .execute()
}
