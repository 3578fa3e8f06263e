import type { SecretKeyRow } from './queries.ts'
import { secretPurposes, type SecretPurpose } from './secret-purposes.ts'

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

type Timed = Pick<SecretKeyRow, 'purpose' | 'version' | 'activateAt' | 'retireAt'>

/**
 * What has to happen to the secrets now. Pure: the same rows and time give the same list.
 * @param lead seconds between making a version and using it, in which every instance loads it.
 */
export function planSecretKeys(rows: readonly Timed[], now: Date, lead: number): SecretKeyAction[] {
  return (Object.keys(secretPurposes) as SecretPurpose[]).flatMap((purpose) => {
    const mine = rows.filter((row) => row.purpose === purpose).toSorted((a, b) => b.version - a.version)
    return planPurpose(purpose, mine, { now, lead })
  })
}

function planPurpose(
  purpose: SecretPurpose,
  newestFirst: readonly Timed[],
  { now, lead }: { now: Date; lead: number },
): SecretKeyAction[] {
  const [newest, ...older] = newestFirst
  if (newest === undefined) return [{ do: 'generate', purpose, version: 1, activateAt: now }]
  const cadence: { readonly rotateEvery?: number; readonly keepAfter?: number } = secretPurposes[purpose]
  const actions: SecretKeyAction[] = []
  if (cadence.rotateEvery !== undefined && after(newest.activateAt, cadence.rotateEvery) <= now) {
    actions.push({ do: 'generate', purpose, version: newest.version + 1, activateAt: after(now, lead) })
  }
  for (const row of older) {
    if (row.retireAt !== null && row.retireAt <= now) {
      actions.push({ do: 'destroy', purpose, version: row.version })
    } else if (row.retireAt === null && cadence.keepAfter !== undefined) {
      actions.push({
        do: 'retire',
        purpose,
        version: row.version,
        retireAt: after(newest.activateAt, cadence.keepAfter),
      })
    }
  }
  return actions
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
