import { sql } from 'kysely'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { buildKeySet, type AnchorSigner, type KeySetClaims } from '../key-set/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { endorsedKey } from './endorsed-key.ts'
import type { KeySetStore } from './key-set-store.ts'
import { listSigningKeys, markPublished, type SigningKeyRow } from './queries.ts'
import { recordKeyStep } from './tend-signing-keys.ts'

export type PublishKeySet = {
  readonly db: Db
  readonly clock: Clock
  readonly publisher: AnchorSigner
  readonly keySetStore: KeySetStore
  readonly deployment: Deployment
  readonly lease: HeldLease
  readonly systemTenantId: Id<'ten'>
  /** Seconds that a document may be served, and after which it is signed anew. */
  readonly lifetime: number
  readonly resignAfter: number
}

/**
 * Publishes the key set when its keys changed or it is due to be signed anew: first to the store, conditionally
 * on what is there, and then in the database, which is when new keys count as published. Cut off in between,
 * the next run publishes again. @returns the claims published, or undefined when nothing was due.
 */
export async function publishKeySet(deps: PublishKeySet): Promise<KeySetClaims | undefined> {
  if (!(await isDue(deps))) return undefined
  // What stands in the store is read before the keys are listed: whoever publishes in between makes our write
  // fail, and so a worker that was held up cannot put back a set without the newest keys.
  const stored = await deps.keySetStore.read()
  await inTenant(deps.db, { tenantId: deps.systemTenantId }, (tx) => requireLease(tx, deps.lease))
  const { keys } = await listSigningKeys(deps.db.kysely)
  const last = await lastPublished(deps.db.kysely, deps.deployment.region)
  const { issuer, region } = deps.deployment
  const now = deps.clock()
  const { claims, document } = await buildKeySet(deps.publisher, {
    issuer,
    region,
    keys: keys.map(endorsedKey),
    version: Math.max(now.getTime(), (last?.version ?? 0) + 1),
    now,
    lifetime: deps.lifetime,
  })
  await deps.keySetStore.write(Buffer.from(document), stored?.generation ?? '0')
  await recordPublished(deps, { keys, claims, document })
  return claims
}

async function isDue({ db, clock, deployment, resignAfter }: PublishKeySet): Promise<boolean> {
  const { keys } = await listSigningKeys(db.kysely)
  if (keys.length === 0) return false
  const last = await lastPublished(db.kysely, deployment.region)
  return last === undefined || !isCurrent(last, { keys, now: clock(), resignAfter })
}

type Last = { readonly version: number; readonly issuedAt: Date; readonly kids: readonly string[] }

function isCurrent(
  last: Last,
  { keys, now, resignAfter }: { keys: readonly SigningKeyRow[]; now: Date; resignAfter: number },
): boolean {
  const same = last.kids.join() === keys.map((key) => key.kid).join()
  return same && now.getTime() - last.issuedAt.getTime() < resignAfter * 1000
}

async function lastPublished(db: Executor, region: string): Promise<Last | undefined> {
  const found = await db
    .selectFrom('iam.key_set_version')
    .select(['version', 'issued_at', 'document'])
    .where('region', '=', region)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (found === undefined) return undefined
  const payload = Buffer.from(found.document.split('.')[1] ?? '', 'base64url').toString()
  const claims = JSON.parse(payload) as KeySetClaims
  const kids = claims.keys.map((key) => key.kid)
  return { version: Number(found.version), issuedAt: found.issued_at, kids }
}

async function recordPublished(
  deps: PublishKeySet,
  { keys, claims, document }: { keys: readonly SigningKeyRow[]; claims: KeySetClaims; document: string },
): Promise<void> {
  const { systemTenantId: tenantId } = deps
  const fresh = keys.filter((key) => key.state === 'pending')
  const streams = fresh.map((key) => streamKey(tenantId, key.id))
  await inTenant(deps.db, { tenantId, streams }, async (tx) => {
    await requireLease(tx, deps.lease)
    await insertKeySetVersion(tx, deps.deployment.region, { claims, document })
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
  { claims, document }: { claims: KeySetClaims; document: string },
): Promise<void> {
  await tx
    .insertInto('iam.key_set_version')
    .values({
      version: claims.version,
      region,
      issued_at: sql<Date>`to_timestamp(${claims.iat})`,
      expires_at: sql<Date>`to_timestamp(${claims.exp})`,
      document,
    })
    .execute()
}
