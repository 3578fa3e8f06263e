import { listAnchorRotations } from '@iam/domain/anchor-rotation'
import type { Executor } from '@iam/domain/db'
import type { Expiring } from '@iam/domain/expiry'
import { listSigningKeys } from '@iam/domain/signing-key'

/** Who knows of things that end: the one list. Each names what nothing follows yet, or, of a line, its last. */
const registry: readonly ((db: Executor) => Promise<Expiring[]>)[] = [lastSigningKeys, leavingAnchors]

/** Everything that ends and is to be replaced in time. */
export async function thingsThatExpire(db: Executor): Promise<Expiring[]> {
  const found: Expiring[] = []
  for (const list of registry) found.push(...(await list(db)))
  return found
}

/** Of the keys for one purpose by one algorithm the one that may sign longest: its endorsement ends then. */
async function lastSigningKeys(db: Executor): Promise<Expiring[]> {
  const { keys } = await listSigningKeys(db)
  const last = new Map<string, Expiring>()
  for (const { purpose, alg, kid, createdAt, signUntil } of keys) {
    const line = `${purpose} ${alg}`
    if ((last.get(line)?.endsAt ?? createdAt) >= signUntil) continue
    last.set(line, { kind: 'signing_key', id: kid, beginsAt: createdAt, endsAt: signUntil })
  }
  return [...last.values()]
}

/** Anchors of the key set whose successor is announced: whoever pins them has until then. */
async function leavingAnchors(db: Executor): Promise<Expiring[]> {
  const { rotations } = await listAnchorRotations(db)
  return rotations
    .filter(({ switchedAt }) => switchedAt === null)
    .map(({ from, announcedAt, switchAt }) => {
      return { kind: 'key_set_anchor', id: from, beginsAt: announcedAt, endsAt: switchAt }
    })
}
