import {
  anchorsAt,
  listAnchorRotations,
  type AnchorRotation,
  type AnchorsAt,
} from '../anchor-rotation/index.ts'
import type { Db } from '../db/index.ts'
import type { KeySetClaims } from '../key-set/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { endorsedKey } from './endorsed-key.ts'
import { mergeRegions, type Merged } from './merge-regions.ts'
import { nextRotation } from './next-rotation.ts'
import type { SigningKeyPolicy } from './plan-signing-keys.ts'
import { otherRegions, type OtherRegions, type RegionPins } from './region-parts.ts'
import { listRevokedKids, listSigningKeys, type SigningKeyRow } from './queries.ts'

interface ContentsOf {
  readonly db: Db
  readonly deployment: Pick<Deployment, 'region'>
  /** How long keys live, which tells when the next one is to sign. Without it, nothing is said of that. */
  readonly policy?: SigningKeyPolicy
  /** The other regions whose keys count. */
  readonly regions?: RegionPins
}

/** What a key set of now has to say. */
export interface Contents {
  readonly keys: readonly SigningKeyRow[]
  readonly statusKeys: readonly SigningKeyRow[]
  readonly revoked: readonly string[]
  readonly nextRotation: number | undefined
  readonly anchors: AnchorsAt
  readonly rotations: readonly AnchorRotation[]
  readonly databaseTime: Date
  readonly others: OtherRegions
  /** This region's and the others'. */
  readonly merged: Merged
}

/** Reads it. Nothing in it changes by itself but what a time brings. */
export async function contentsOf({ db, deployment, policy, regions }: ContentsOf): Promise<Contents> {
  const { keys, databaseTime } = await listSigningKeys(db.kysely, 'token')
  const { keys: statusKeys } = await listSigningKeys(db.kysely, 'status')
  const revoked = await listRevokedKids(db.kysely)
  const { rotations } = await listAnchorRotations(db.kysely)
  const anchors = anchorsAt(rotations, databaseTime)
  const next = policy && nextRotation(keys, databaseTime, policy)
  const others = await otherRegions(db.kysely, regions, databaseTime)
  const published = { keys: keys.map(endorsedKey), statusKeys: statusKeys.map(endorsedKey) }
  const merged = mergeRegions({ region: deployment.region, ...published, revoked }, others)
  const own = { keys, statusKeys, revoked, nextRotation: next }
  return { ...own, anchors, rotations, databaseTime, others, merged }
}

/** Why a key set has to be published: for this region's own sake, or because others' parts moved. */
export type Due = 'own' | 'others' | 'nothing'

/** What a key set of now would say that the last one does not. */
export function dueOf(last: KeySetClaims | undefined, contents: Contents): Due {
  const { keys, anchors, merged, others } = contents
  if (keys.length === 0) return 'nothing'
  if (last === undefined || anchors.due !== undefined || !saysTheSame(last, contents)) return 'own'
  const sameParts = Object.entries(others.parts).every(([region, version]) => last.parts[region] === version)
  return sameParts && hasTheSameKeys(last, { ...merged, status_keys: merged.statusKeys })
    ? 'nothing'
    : 'others'
}

/** Of this region: its keys, when the next one signs, and its anchors. */
function saysTheSame(last: KeySetClaims, contents: Contents): boolean {
  const { keys, statusKeys, revoked, nextRotation, anchors, merged } = contents
  const kids = [...keys, ...statusKeys].map(({ kid }) => kid)
  const sameKeys = (last.part?.keys ?? kidsOf(last)).join() === kids.join()
  const sameRevoked = (last.part ?? last).revoked?.join() === revoked.join()
  const sameForm = (last.part === undefined) === (merged.part === undefined)
  const next = anchors.announced && nextAnchor(anchors.announced)
  const sameAnchor = last.next_anchor?.kid === next?.kid && last.next_anchor?.from === next?.from
  return sameForm && sameKeys && sameRevoked && sameAnchor && last.next_rotation === nextRotation
}

/** Whether two sets have and give up the same keys: caches may then keep either. */
export function hasTheSameKeys(one: Kids, other: Kids): boolean {
  return kidsOf(one).join() === kidsOf(other).join() && one.revoked?.join() === other.revoked?.join()
}

interface Kids {
  readonly keys: readonly { readonly kid: string }[]
  /** These are missing in sets of before they were told. */
  readonly status_keys?: readonly { readonly kid: string }[]
  readonly revoked?: readonly string[]
}

function kidsOf({ keys, status_keys: statusKeys = [] }: Kids): string[] {
  return [...keys, ...statusKeys].map(({ kid }) => kid)
}

/** What the set says of the anchor that is announced. */
export function nextAnchor({ to, spare, switchAt }: AnchorRotation) {
  return { kid: to, spare, from: Math.ceil(switchAt.getTime() / 1000) }
}
