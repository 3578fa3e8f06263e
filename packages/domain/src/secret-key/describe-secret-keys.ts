import type { Db } from '../db/index.ts'
import { readSecretKeys, type SecretKeyRow } from './queries.ts'
import type { SecretPurpose } from './secret-purposes.ts'
import { rotateEvery, type SecretRotation } from './secret-rotation.ts'

/** A version of a secret, as operators are told of it. */
export interface DescribedSecret {
  readonly purpose: SecretPurpose
  readonly version: number
  /** Waiting for its time, making, or read for what it made. */
  readonly state: 'pending' | 'active' | 'old'
  readonly activateAt: Date
  /** Of the newest: when the next one is made. Null: not by the clock. */
  readonly nextAt: Date | null
  /** Of an old one: until when it is kept at least. Null: that is not settled yet. */
  readonly keptUntil: Date | null
}

/** Every version of every secret there is, by purpose, the oldest first. */
export async function describeSecretKeys(
  { db }: { readonly db: Pick<Db, 'kysely'> },
  rotation: SecretRotation,
): Promise<DescribedSecret[]> {
  const { rows, databaseTime: now } = await readSecretKeys(db.kysely)
  return rows.map((row) => {
    const newer = rows.filter(({ purpose, version }) => purpose === row.purpose && version > row.version)
    const { purpose, version, activateAt, retireAt: keptUntil } = row
    const isOld = newer.some((other) => other.activateAt <= now)
    const state = activateAt > now ? 'pending' : isOld ? 'old' : 'active'
    const nextAt = newer.length > 0 ? null : nextOf(row, rotation)
    return { purpose, version, state, activateAt, nextAt, keptUntil }
  })
}

function nextOf({ purpose, activateAt }: SecretKeyRow, rotation: SecretRotation): Date | null {
  const every = rotateEvery(purpose, rotation)
  return every === undefined ? null : new Date(activateAt.getTime() + every * 1000)
}
