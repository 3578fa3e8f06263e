import type { SecretKeyRow } from './queries.ts'
import { lifeOf, secretPurposes, type SecretPurpose } from './secret-purposes.ts'
import { lastVersion, rotateEvery, type SecretRotation } from './secret-rotation.ts'

export type SecretKeyAction =
  | {
      readonly do: 'generate'
      readonly purpose: SecretPurpose
      readonly version: number
      readonly activateAt: Date
    }
  | {
      readonly do: 'retire'
      readonly purpose: SecretPurpose
      readonly version: number
      readonly retireAt: Date
    }
  | { readonly do: 'destroy'; readonly purpose: SecretPurpose; readonly version: number }

export interface SecretKeyPolicy {
  /** Seconds between making a version and using it, in which every instance loads it. */
  readonly lead: number
  readonly rotation: SecretRotation
}

export type PlannedSecret = Pick<SecretKeyRow, 'purpose' | 'version' | 'activateAt' | 'retireAt'>

export interface SecretsNow {
  readonly rows: readonly PlannedSecret[]
  readonly now: Date
  /** Whether rows still need this version. Asked of those whose time has come. */
  readonly isNeeded: (row: PlannedSecret) => boolean
}

/** What has to happen to the secrets now. Pure: the same rows, time and needs give the same list. */
export function planSecretKeys(state: SecretsNow, policy: SecretKeyPolicy): SecretKeyAction[] {
  return (Object.keys(secretPurposes) as SecretPurpose[]).flatMap((purpose) => {
    const rows = state.rows.filter((row) => row.purpose === purpose)
    return planPurpose(purpose, { ...state, rows: rows.toSorted((a, b) => a.version - b.version) }, policy)
  })
}

/** The old versions whose time has come: they are destroyed unless something needs them. */
export function outlived(rows: readonly PlannedSecret[], now: Date): PlannedSecret[] {
  return rows.filter((row) => row.retireAt !== null && row.retireAt <= now && hasSuccessor(rows, row, now))
}

function planPurpose(
  purpose: SecretPurpose,
  { rows, now, isNeeded }: SecretsNow,
  { lead, rotation }: SecretKeyPolicy,
): SecretKeyAction[] {
  const newest = rows.at(-1)
  if (newest === undefined) return [{ do: 'generate', purpose, version: 1, activateAt: now }]
  const actions: SecretKeyAction[] = []
  const every = rotateEvery(purpose, rotation)
  const isLast = newest.version >= (lastVersion[purpose] ?? Infinity)
  if (every !== undefined && !isLast && after(newest.activateAt, every) <= now)
    actions.push({ do: 'generate', purpose, version: newest.version + 1, activateAt: after(now, lead) })
  for (const [n, { version, retireAt }] of rows.entries()) {
    const next = rows[n + 1]
    if (next !== undefined && retireAt === null)
      actions.push({
        do: 'retire',
        purpose,
        version,
        retireAt: after(next.activateAt, lifeOf(purpose).keepFor),
      })
  }
  const over = outlived(rows, now).filter((row) => !isNeeded(row))
  return [...actions, ...over.map(({ version }) => ({ do: 'destroy' as const, purpose, version }))]
}

/** Whether a newer version of the same secret makes by now. */
function hasSuccessor(
  rows: readonly PlannedSecret[],
  { purpose, version }: PlannedSecret,
  now: Date,
): boolean {
  return rows.some((row) => row.purpose === purpose && row.version > version && row.activateAt <= now)
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
