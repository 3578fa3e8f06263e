import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** One anchor following another. Kids are thumbprints (RFC 7638). */
export interface AnchorRotation {
  /** Counts up from 1. */
  readonly epoch: number
  readonly from: string
  readonly to: string
  /** What is to be pinned beside `to` from now on: the anchor after it. */
  readonly spare: string
  readonly announcedAt: Date
  readonly switchAt: Date
  /** When the first key set by the new anchor was published. */
  readonly switchedAt: Date | null
}

/** Every rotation so far, oldest first, and the database's time of the reading. */
export async function listAnchorRotations(
  db: Executor,
): Promise<{ rotations: AnchorRotation[]; databaseTime: Date }> {
  const rotations = await db
    .selectFrom('iam.anchor_rotation')
    .select(['epoch', 'from_kid as from', 'to_kid as to', 'spare_kid as spare'])
    .select(['announced_at as announcedAt', 'switch_at as switchAt', 'switched_at as switchedAt'])
    .orderBy('epoch')
    .execute()
  const { time } = await db.selectNoFrom(sql<Date>`iam.now()`.as('time')).executeTakeFirstOrThrow()
  return { rotations, databaseTime: time }
}

/** Adds a rotation. Fails when another of its epoch is there. */
export async function insertAnchorRotation(db: Executor, rotation: AnchorRotation): Promise<void> {
  const { epoch, from, to, spare, announcedAt, switchAt } = rotation
  await db
    .insertInto('iam.anchor_rotation')
    .values({
      epoch,
      from_kid: from,
      to_kid: to,
      spare_kid: spare,
      announced_at: announcedAt,
      switch_at: switchAt,
    })
    .execute()
}

/** Lets an announced switch happen at another time. */
export async function moveSwitch(db: Executor, epoch: number, switchAt: Date): Promise<void> {
  await db
    .updateTable('iam.anchor_rotation')
    .set({ switch_at: switchAt })
    .where('epoch', '=', epoch)
    .where('switched_at', 'is', null)
    .execute()
}

/** Notes that a rotation is done. @returns false when that was noted before. */
export async function markSwitched(db: Executor, epoch: number): Promise<boolean> {
  const marked = await db
    .updateTable('iam.anchor_rotation')
    .set({ switched_at: sql<Date>`iam.now()` })
    .where('epoch', '=', epoch)
    .where('switched_at', 'is', null)
    .executeTakeFirst()
  return marked.numUpdatedRows === 1n
}

/** Takes a rotation back that has not happened. */
export async function deleteAnnounced(db: Executor, epoch: number): Promise<void> {
  await db
    .deleteFrom('iam.anchor_rotation')
    .where('epoch', '=', epoch)
    .where('switched_at', 'is', null)
    .execute()
}
