import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** How old a region's last key set is, in whole seconds. */
export interface KeySetAge {
  readonly age: number
  readonly expiresIn: number
  /** For how long a CDN has not been told of one that changed keys: 0 when none is due. */
  readonly purgeDue: number
}

/** @returns undefined while none was published. */
export async function ageOfKeySet(db: Executor, region: string): Promise<KeySetAge | undefined> {
  const since = (time: string) => sql<number>`floor(extract(epoch from iam.now() - ${sql.ref(time)}))::float8`
  const last = await db
    .selectFrom('iam.key_set_version')
    .select([since('issued_at').as('age'), sql<number>`-${since('expires_at')}`.as('expiresIn')])
    .where('region', '=', region)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (last === undefined) return undefined
  const due = await db
    .selectFrom('iam.key_set_version')
    .select(since('issued_at').as('seconds'))
    .where('region', '=', region)
    .where('changed', '=', true)
    .where('purged_at', 'is', null)
    .orderBy('version')
    .limit(1)
    .executeTakeFirst()
  return { ...last, purgeDue: Math.max(0, due?.seconds ?? 0) }
}
