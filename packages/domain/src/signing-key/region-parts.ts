import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import {
  readKeySet,
  type EndorsedKey,
  type KeySet,
  type KeySetFault,
  type ReadKeySet,
} from '../key-set/index.ts'

/** What the other regions' key sets are held against, and which of them count. */
export type RegionPins = Pick<ReadKeySet, 'env' | 'issuer' | 'anchors' | 'endorsementAnchors'> & {
  readonly names: readonly string[]
}

/** What the other regions add to the key set. */
export interface OtherRegions {
  readonly keys: readonly EndorsedKey[]
  readonly statusKeys: readonly EndorsedKey[]
  readonly revoked: readonly string[]
  /** The version of each region's part that was ever taken, also of those that do not count any more. */
  readonly parts: Readonly<Record<string, number>>
}

interface TakePart {
  readonly pins: RegionPins
  readonly region: string
  readonly document: string
  readonly now: Date
}

/**
 * Keeps a region's part of the key set if its document holds and the part is newer than the one that is kept.
 * @returns why it is refused; `no_part` where it says nothing of its own region. The last good one stays then.
 */
export async function takeRegionPart(
  db: Executor,
  { pins, region, document, now }: TakePart,
): Promise<KeySetFault | 'no_part' | undefined> {
  const kept = (await keptParts(db)).find((part) => part.region === region)
  const floor = kept === undefined ? {} : { [region]: kept.version }
  const read = await readKeySet(document, { ...pins, floor, now })
  if (typeof read === 'string') return read
  const version = read.claims.parts[region]
  if (version === undefined) return 'no_part'
  if (version > (kept?.version ?? 0)) await keepPart(db, { region, version, document })
  return undefined
}

/** What the regions that count add now: keys that are endorsed, until the end that they are endorsed for. */
export async function otherRegions(
  db: Executor,
  pins: RegionPins | undefined,
  now: Date,
): Promise<OtherRegions> {
  const kept = await keptParts(db)
  const counting = pins === undefined ? [] : kept.filter(({ region }) => pins.names.includes(region))
  const read = await Promise.all(counting.map((part) => readPart(part, pins, now)))
  return {
    keys: read.flatMap(({ keys }) => keys),
    statusKeys: read.flatMap(({ statusKeys }) => statusKeys),
    revoked: read.flatMap(({ revoked }) => revoked),
    parts: Object.fromEntries(kept.map(({ region, version }) => [region, version])),
  }
}

interface KeptPart {
  readonly region: string
  readonly version: number
  readonly document: string
}

async function readPart({ region, document }: KeptPart, pins: RegionPins | undefined, now: Date) {
  const read = pins && (await readKeySet(document, { ...pins, floor: {}, now }))
  // Every key of it has come to its end, or an anchor is not pinned any more: it adds nothing.
  if (read === undefined || typeof read === 'string') return nothing
  const { part, revoked, parts } = read.claims
  // One that merges nothing: everything in it is its own.
  const isAlone = part === undefined && Object.keys(parts).length === 1
  if (part?.region !== region && !isAlone) return nothing
  const own = (keys: KeySet['keys']) =>
    keys.map(({ key }) => key).filter(({ kid }) => isAlone || part?.keys.includes(kid) === true)
  return { keys: own(read.keys), statusKeys: own(read.statusKeys), revoked: part?.revoked ?? revoked }
}

const nothing = { keys: [], statusKeys: [], revoked: [] } as const

async function keptParts(db: Executor): Promise<KeptPart[]> {
  const rows = await db
    .selectFrom('iam.key_set_part')
    .select(['region', 'version', 'document'])
    .orderBy('region')
    .execute()
  return rows.map((row) => ({ ...row, version: Number(row.version) }))
}

/** None goes back: of two who read at once, the newer stays. */
async function keepPart(db: Executor, { region, version, document }: KeptPart): Promise<void> {
  await db
    .insertInto('iam.key_set_part')
    .values({ region, version, document, read_at: sql<Date>`iam.now()` })
    .onConflict((conflict) =>
      conflict
        .column('region')
        .doUpdateSet({ version, document, read_at: sql<Date>`iam.now()` })
        .where('iam.key_set_part.version', '<', String(version)),
    )
    .execute()
}
