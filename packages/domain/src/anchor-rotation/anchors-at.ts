import type { AnchorRotation } from './queries.ts'

/** Who signs the key set at a time, and what a key set of then says of its anchors. */
export interface AnchorsAt {
  /** Undefined while no anchor ever followed another: the configured one signs. */
  readonly current: string | undefined
  /** The rotation that is announced and has not come. */
  readonly announced: AnchorRotation | undefined
  /** The rotation that has come and was not noted yet. */
  readonly due: AnchorRotation | undefined
  /** Anchors that have signed and never will again. */
  readonly retired: readonly string[]
}

/** Pure: the same rotations and time give the same answer. */
export function anchorsAt(rotations: readonly AnchorRotation[], now: Date): AnchorsAt {
  const come = rotations.filter(({ switchAt }) => switchAt <= now)
  return {
    current: come.at(-1)?.to ?? rotations[0]?.from,
    announced: rotations.find(({ switchAt }) => switchAt > now),
    due: come.find(({ switchedAt }) => switchedAt === null),
    retired: come.map(({ from }) => from),
  }
}
