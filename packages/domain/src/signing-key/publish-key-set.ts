import { sql } from 'kysely'
import {
  anchorsAt,
  listAnchorRotations,
  recordSwitch,
  type AnchorRotation,
  type AnchorsAt,
} from '../anchor-rotation/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { buildKeySet, type AnchorSigner, type KeySetClaims } from '../key-set/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { endorsedKey } from './endorsed-key.ts'
import type { KeySetStore } from './key-set-store.ts'
import { nextRotation } from './next-rotation.ts'
import type { SigningKeyPolicy } from './plan-signing-keys.ts'
import { listRevokedKids, listSigningKeys, markPublished, type SigningKeyRow } from './queries.ts'
import { recordKeyStep } from './tend-signing-keys.ts'

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
  const { region, issuer } = deps.deployment
  if (!(await isDue(deps))) return undefined
  // What stands in the store is read before the keys are listed: whoever publishes in between makes our write
  // fail, and so a worker that was held up cannot put back a set without the newest keys.
  const stored = await deps.keySetStore.read()
  await inTenant(deps.db, { tenantId: deps.systemTenantId }, (tx) => requireLease(tx, deps.lease))
  const { keys, statusKeys, ...contents } = await contentsOf(deps)
  const last = await lastPublished(deps.db.kysely, region)
  const now = deps.clock()
  const { current, announced, retired, due } = contents.anchors
  const { claims, document } = await buildKeySet(await signerOf(deps, current), {
    issuer,
    region,
    ...contents,
    nextAnchor: announced && nextAnchor(announced),
    retiredAnchors: retired,
    keys: keys.map(endorsedKey),
    statusKeys: statusKeys.map(endorsedKey),
    version: Math.max(now.getTime(), (last?.version ?? 0) + 1),
    now,
    lifetime: deps.lifetime,
  })
  await deps.keySetStore.write(Buffer.from(document), stored?.generation ?? '0')
  await recordPublished(deps, { keys: [...keys, ...statusKeys], claims, document, due })
  return claims
}

/** What a key set of now has to say. */
interface Contents {
  readonly keys: readonly SigningKeyRow[]
  readonly statusKeys: readonly SigningKeyRow[]
  readonly revoked: readonly string[]
  readonly nextRotation: number | undefined
  readonly anchors: AnchorsAt
}

async function contentsOf({ db, policy }: PublishKeySet): Promise<Contents> {
  const { keys, databaseTime } = await listSigningKeys(db.kysely, 'token')
  const { keys: statusKeys } = await listSigningKeys(db.kysely, 'status')
  const revoked = await listRevokedKids(db.kysely)
  const { rotations } = await listAnchorRotations(db.kysely)
  const anchors = anchorsAt(rotations, databaseTime)
  const next = policy && nextRotation(keys, databaseTime, policy)
  return { keys, statusKeys, revoked, anchors, nextRotation: next }
}

async function isDue(deps: PublishKeySet): Promise<boolean> {
  const contents = await contentsOf(deps)
  if (contents.keys.length === 0) return false
  const last = await lastPublished(deps.db.kysely, deps.deployment.region)
  if (last === undefined || contents.anchors.due !== undefined || !saysTheSame(last, contents)) return true
  return deps.clock().getTime() - last.iat * 1000 >= deps.resignAfter * 1000
}

function saysTheSame(last: KeySetClaims, contents: Contents): boolean {
  const { keys, statusKeys, revoked, nextRotation, anchors } = contents
  const sameKeys = kidsOf(last.keys) === kidsOf(keys) && kidsOf(last.status_keys) === kidsOf(statusKeys)
  const sameRevoked = last.revoked?.join() === revoked.join()
  const { announced } = anchors
  const told = announced && nextAnchor(announced)
  const sameAnchor = last.next_anchor?.kid === told?.kid && last.next_anchor?.from === told?.from
  return sameKeys && sameRevoked && sameAnchor && last.next_rotation === nextRotation
}

function nextAnchor({ to, spare, switchAt }: AnchorRotation) {
  return { kid: to, spare, from: Math.ceil(switchAt.getTime() / 1000) }
}

/** The one of the configured anchors whose turn it is. @throws when it is none of them. */
async function signerOf({ publisher, spare }: PublishKeySet, current = publisher.kid): Promise<AnchorSigner> {
  if (publisher.kid === current) return publisher
  const other = await spare?.()
  if (other?.kid === current) return other
  throw new Error(`The key set is to be signed by ${current}, which is neither configured key that signs it.`)
}

const kidsOf = (keys: readonly { readonly kid: string }[] = []) => keys.map(({ kid }) => kid).join()

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
    await insertKeySetVersion(tx, deps.deployment.region, { claims, document })
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
