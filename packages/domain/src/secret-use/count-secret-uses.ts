import { inTenant, type Db } from '../db/index.ts'
import type { SecretPurpose } from '../secret-key/index.ts'
import { listDirectory } from '../tenant/index.ts'
import { secretUses } from './secret-uses.ts'

/** How many rows of a deployment name one version of a secret. */
export interface CountedUse {
  readonly purpose: SecretPurpose
  readonly version: number
  readonly what: string
  readonly rows: number
}

/** Counts them tenant by tenant: row-level security shows nobody more. Takes as long as reading two indexes. */
export async function countSecretUses(db: Db): Promise<CountedUse[]> {
  const counted = new Map<string, CountedUse>()
  let page = await listDirectory(db.kysely, { after: undefined, limit: pageSize })
  while (page.length > 0) {
    for (const { tenantId } of page) addTo(counted, await usesOf(db, tenantId))
    page = await listDirectory(db.kysely, { after: page.at(-1)?.tenantId, limit: pageSize })
  }
  return [...counted.values()]
}

const pageSize = 100

function addTo(counted: Map<string, CountedUse>, uses: readonly CountedUse[]): void {
  for (const use of uses) {
    const name = `${use.what}/${use.version}`
    counted.set(name, { ...use, rows: use.rows + (counted.get(name)?.rows ?? 0) })
  }
}

async function usesOf(db: Db, tenantId: string): Promise<CountedUse[]> {
  const all = Object.entries(secretUses).flatMap(([purpose, uses]) =>
    uses.map((use) => ({ ...use, purpose: purpose as SecretPurpose })),
  )
  return inTenant(db, { tenantId }, async (tx) => {
    const found: CountedUse[] = []
    for (const { purpose, what, count } of all)
      found.push(...(await count(tx, tenantId)).map((each) => ({ purpose, what, ...each })))
    return found
  })
}
