import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import { slotsPerList } from '../status-list-token/index.ts'
import { restSeconds } from './rest.ts'

export interface StatusSlot {
  readonly shard: number
  readonly slot: number
}

/** Random slots tried in one statement; with the lists at most half full, all of them are taken once in 65,536 times. */
const candidates = 16
/** What `randomInt` gives at most, less one. */
const finest = 2 ** 48 - 1

/**
 * Takes a random free slot of the open status lists for a grant. Random, so that a slot's number does not tell when
 * its session began. It may be left unused: it frees itself after `endsAt`.
 */
export async function takeStatusSlot(
  db: Executor,
  grant: { readonly tenantId: string; readonly grantId: string; readonly endsAt: Date },
): Promise<StatusSlot> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const places = Array.from({ length: candidates }, () => randomInt(finest) / finest)
    const taken = await sql<StatusSlot>`
      insert into iam.status_list_entry as e (shard, slot, tenant_id, grant_id, ends_at)
      select n / ${slotsPerList}::int, n % ${slotsPerList}::int, ${grant.tenantId}, ${grant.grantId}, ${grant.endsAt}
        from (select floor(place * slots)::int as n
                from unnest(${places}::float8[]) place,
                     (select count(*) * ${slotsPerList}::int as slots
                        from iam.status_list where opens_at <= iam.now()) open) candidate
       where not exists (
         select from iam.status_list_entry t
          where t.shard = n / ${slotsPerList}::int and t.slot = n % ${slotsPerList}::int
            and t.ends_at > iam.now() - make_interval(secs => ${restSeconds}))
       limit 1
      on conflict (shard, slot) do update
        set tenant_id = excluded.tenant_id, grant_id = excluded.grant_id, ends_at = excluded.ends_at, revoked_at = null
        where e.ends_at <= iam.now() - make_interval(secs => ${restSeconds})
      returning shard, slot`.execute(db)
    if (taken.rows[0] !== undefined) return taken.rows[0]
  }
  throw new Error(
    'The status lists are too full to find a free slot: iam-worker adds lists, up to its limit.',
  )
}
